# shellcheck shell=bash
# The part of tests/torture/run.sh about files: tc-put and tc-get, killed at
# every system call that matters and at random instants, and given again. What
# is there then is whole, what was there is not moved again, and at most what was
# in flight at each kill is. Uses yes, no, gives and stats of run.sh.

# put_again NAME N KILLS: all N files of ./paths are uploaded by now, or are by one more run; nothing twice but what a kill lost.
put_again() {
	local name=$1 n=$2 kills=$3 sent
	cp paths lines
	gives 0 "$name, then again" tc-put -j 2 -l L <paths || return
	cp out put.out
	gives 0 "$name, then once more" tc-put -j 2 -l L <paths || return
	sent=$(($(stats .uploads) - had))
	if ! jq -se --argjson n "$n" 'length == $n and all(.ok and .sha256 and .url) and ([.[].url] | unique | length) == $n' put.out >/dev/null; then
		no "$name, then again: not every file has its URL"
	elif ! cmp -s <(jq -c '[.input, .url, .sha256]' put.out) <(jq -c '[.input, .url, .sha256]' out); then
		no "$name, then once more: another URL"
	elif [ "$(jq -r '.sha256 + "  " + .input' out | sha256sum -c 2>&1 | grep -c ': OK')" != "$n" ]; then
		no "$name, then again: a sum that is not the file's"
	elif [ "$sent" -gt $((n + 2 * kills)) ]; then
		no "$name, then again: $sent uploads of $n files, for $kills kills"
	else
		yes
	fi
}

# get_again NAME KILLS: the same of the downloads of ./urls into got/, which are what the paths say.
get_again() {
	local name=$1 kills=$2 url spec moved all=0 asked
	cp urls lines
	gives 0 "$name, then again" tc-get -j 2 -l L -C got <urls || return
	asked=$(wc -l <files.err)
	gives 0 "$name, then once more" tc-get -j 2 -l L -C got <urls || return
	while read -r url; do
		spec=${url#http://*/}
		cmp -s <(fileserver --print "${spec%/*}") "got/${spec##*/}" || { no "$name, then again: ${spec##*/} is not whole"; return; }
		spec=${spec#size=}
		all=$((all + ${spec%%,*}))
	done <urls
	moved=$(awk '{ n += $NF } END { print n + 0 }' files.err)
	if [ -n "$(find got -name '*.part*')" ]; then
		no "$name, then again: a part is left"
	elif [ "$asked" != "$(wc -l <files.err)" ]; then
		no "$name, then once more: files that were there are asked for"
	elif [ "$moved" -gt $((all + kills * 2 * in_flight)) ]; then
		no "$name, then again: $moved bytes were sent of $all, for $kills kills"
	else
		yes
	fi
}

# What two connections of a server that sends slowly hold, and more.
in_flight=$((1 << 20))

fresh_put() {
	rm -f L L.torn
	had=$(stats .uploads)
}
fresh_get() {
	rm -rf L L.torn got
	: >files.err
}

# injected TOOL FILE CALL...: the tool is killed at the first, second, ... of such calls.
injected() {
	local tool=$1 from=$2 call n got into=()
	shift 2
	[ "$tool" = tc-put ] || into=(-C got)
	for call in "$@"; do
		for ((n = 1; n <= bound && n <= 40; n++)); do
			"fresh_${tool#tc-}"
			got=0
			{
				timeout -k 1 30 strace -f -qq -o trace -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
					"$tool" -j 2 -l L "${into[@]}" <"$from" >out || got=$?
			} 2>err
			grep -q 'killed by SIGKILL' trace || break
			[ "$got" = 137 ] || no "$tool, killed at $call $n: status $got"
			if [ "$tool" = tc-put ]; then
				put_again "$tool, killed at $call $n" "$(wc -l <"$from")" 1
			else
				get_again "$tool, killed at $call $n" 1
			fi
		done
	done
}

# killed FILE TOOL ARG...: the tool on FILE, killed at random instants and given again, 12 times or until it has ended; sets kills.
killed() {
	local list=$1 pid
	shift
	for ((kills = 0; kills < 12; kills++)); do
		"$@" <"$list" >out 2>err &
		pid=$!
		sleep "0.$(printf '%03d' $((RANDOM % 150 + 1)))"
		kill -9 "$pid" 2>/dev/null || break
		wait "$pid" 2>/dev/null
	done
	wait "$pid" 2>/dev/null
}

fileserver >files.out 2>>files.err &
files=$!
until [ -s files.out ]; do sleep 0.02; done
read -r FILES <files.out
mkdir sources
for n in 1 2 3 4 5 6; do
	fileserver --print "size=$((n * 700000)),seed=$n" >"sources/$n.mp4"
done

if command -v strace >/dev/null && strace -qq -o trace true 2>/dev/null; then
	head -c 5000 sources/1.mp4 >sources/small.mp4
	head -c 90000 sources/2.mp4 >sources/large.mp4
	printf '%s\n' sources/small.mp4 sources/large.mp4 >paths
	printf "$FILES/size=%d,seed=1/%s.mp4\n" 5000 small 90000 large >urls
	injected tc-put paths write fdatasync openat sendto pread64
	injected tc-get urls write fdatasync openat sendto pwrite64 linkat unlinkat fsync fchmod
else
	echo "SKIPPED: strace is not here or may not trace: no kills of tc-put and tc-get at system calls"
fi

seed=${SEED:-$$}
RANDOM=$seed
for turn in 1 2 3; do
	[ "$turn" -le "$bound" ] || break
	printf '%s\n' sources/[1-6].mp4 >paths
	for n in 3 5 7 9; do
		echo "$FILES/size=${n}00000,seed=$turn,rate=4096/$n.mp4"
	done >urls
	fresh_put
	killed paths tc-put -j 2 -l L --limit-rate 16M
	put_again "tc-put, killed $kills times (SEED=$seed)" 6 "$kills"
	fresh_get
	killed urls tc-get -j 2 -l L -C got
	get_again "tc-get, killed $kills times (SEED=$seed)" "$kills"
done
kill "$files" && wait "$files" 2>/dev/null
