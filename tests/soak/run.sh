#!/usr/bin/env bash
# tests/soak/run.sh [SECONDS]: the filters live on, fed through fifos with ever
# new sources, while the service spoils one answer in twenty in every way it
# knows. Prints figures; fails if a job was made twice, a line was lost, or
# memory or descriptors grew. BUILD: where the tools are.
set -u
seconds=${1:-600}
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "$root" && cd "${BUILD:-build}" && pwd) || exit 74
dir=$(mktemp -d) || exit 74
pids=()
# shellcheck disable=SC2317 # called by the trap
end() {
	[ "${#pids[@]}" = 0 ] || kill "${pids[@]}" 2>/dev/null
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 74
export PATH=$BUILD:$PATH LC_ALL=C HOME=$dir TC_PROVIDER=local TC_LOCAL_API_KEY=test TC_LEDGER=$dir/L
# a create that nobody waits for is soon settled
mkdir -p profiles/tc/profiles && jq '.create.settle = "800ms"' "$root/lib/profiles/local.json" >profiles/tc/profiles/local.json || exit 74
export XDG_CONFIG_HOME=$dir/profiles
# shellcheck disable=SC2016 # of another shell
printf '#!/bin/sh\nprintf x >"$2"\n' >encoder && chmod 755 encoder
mkfifo ready lines made ended
faults=
for name in status-500 status-503 drop-before status-500-after drop-after truncate malformed html slow; do
	faults=$faults,$name=0.00555
done
tc-serve --port 0 --dir "$dir/state" --encoder "$dir/encoder" --ready-fd 4 --fault "${faults#,}" 4>ready >serve.out 2>serve.err &
pids+=($!)
read -r -t 30 TC_BASE_URL <ready || { cat serve.err; exit 74; }
export TC_BASE_URL
tc-create -j 4 <lines >made 2>create.err & create=$!
tc-wait --interval 50ms <made >ended 2>wait.err & wait=$!
tc-url <ended >out 2>url.err & url=$!
pids+=("$create" "$wait" "$url")
exec 5>lines

rss() {
	awk '/^VmRSS/ { n += $2 } END { print n }' "/proc/$create/status" "/proc/$wait/status" "/proc/$url/status"
}
fds() {
	set -- "/proc/$create/fd/"* "/proc/$wait/fd/"* "/proc/$url/fd/"*
	echo $#
}
# map LINES: KiB that three processes' maps of a ledger take for so many: four
# entries of 48 bytes a line, in tables that double when they are three quarters full.
map() {
	local cap=256
	while [ $((4 * $1 * 4)) -ge $((cap * 3)) ]; do cap=$((2 * cap)); done
	echo $((3 * cap * 48 / 1024))
}
# wait_out N: until N lines came out; fails after a minute without a new one.
wait_out() {
	local had=-1 now since=$SECONDS
	until now=$(wc -l <out) && [ "$now" -ge "$1" ]; do
		[ "$now" = "$had" ] || since=$SECONDS
		had=$now
		[ $((SECONDS - since)) -lt 60 ] || return 1
		sleep 0.1
	done
}

sent=0 rss0=0 fds0=0 bad=0 stop=$((SECONDS + seconds)) warm=$((SECONDS + seconds / 4))
while [ "$SECONDS" -lt "$stop" ]; do
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		echo "http://h/$((sent + i)).mp4" >&5
	done
	sent=$((sent + 20))
	wait_out "$sent" || { echo "stuck: $sent in, $(wc -l <out) out"; bad=1; break; }
	if [ "$rss0" = 0 ] && [ "$SECONDS" -ge "$warm" ]; then
		rss0=$(rss) fds0=$(fds) sent0=$sent
	fi
	printf '%s %s %s\n' "$sent" "$(rss)" "$(fds)" >>figures
done
rss1=$(rss) fds1=$(fds)
exec 5>&-
wait "$create" "$wait" "$url"
creates=$(curl -s "$TC_BASE_URL/_stats" | jq .creates)
good=$(jq -r 'select(.ok) | .id' out | sort -u | wc -l)
all_good=$(jq -r 'select(.ok) | .id' out | wc -l)
lines=$(jq -r .input out | sort -u | wc -l)
# no line has two jobs: what was made and not reported is in doubt, and said to be
doubt=$(jq -r 'select(.ok | not) | .error.code | select(. == "in_doubt" or . == "bad_response")' out | wc -l)
late=$(jq -r 'select((.ok | not) and .id) | .id' out | sort -u | wc -l)
echo "$sent lines in $seconds s: $all_good ok, $doubt in doubt, $late failed after the create; $creates jobs"
echo "memory ${rss0} -> ${rss1} KiB, descriptors ${fds0} -> ${fds1}, faults $(curl -s "$TC_BASE_URL/_stats" | jq .faults)"
fail() {
	echo "FAILED: $*"
	bad=1
}
[ "$lines" = "$sent" ] || fail "$sent lines in, $lines out"
[ "$good" = "$all_good" ] || fail "two lines have one job"
[ "$creates" -le $((good + late + doubt)) ] || fail "$creates jobs for $((good + late + doubt)) lines"
[ "$creates" -ge $((good + late)) ] || fail "fewer jobs than ids"
# what a run remembers of each line is allowed for: the ledger's map, and 200 bytes of keys and ids
[ "$rss0" = 0 ] || [ $((rss1 - rss0)) -le $((2048 + $(map "$sent") - $(map "$sent0") + (sent - sent0) * 200 / 1024)) ] ||
	fail "memory grew"
[ "$fds0" = 0 ] || [ $((fds1 - fds0)) -le 24 ] || fail "descriptors grew"
exit $bad
