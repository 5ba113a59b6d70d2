#!/bin/sh
# tests/bench/run.sh [ROW...]: measures the tools beside what people would use
# instead, and beside programs that do nothing but the core of the work
# (limit). Without a ROW: all of them; -l lists them.
#
# In each round every contender runs once, one after the other, and ratios are
# taken inside a round: the machine's slow minutes are everyone's. A row that
# misses a goal is measured once more before it counts. Times are told, counts
# decide: exit status 1 if a count (lost, refused, memory, ...) missed its goal.
# At the end: which goals hold, one a line.
#
# Environment: BUILD (build), ROUNDS (5), ROWS (all), CC: make bench ROWS='post
# rate' ROUNDS=3. Leaves results.jsonl, goals.jsonl, table.md and bench.svg
# in $BUILD/bench.
set -u
LC_ALL=C
export LC_ALL
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BUILD=$(cd "$ROOT" && mkdir -p "${BUILD:-build}" && cd "${BUILD:-build}" && pwd)
O=$BUILD/bench
PATH=$BUILD:$O:$PATH
ROUNDS=${ROUNDS:-5}
bad=0
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY MAKEFLAGS MFLAGS MAKELEVEL
unset TC_PROVIDER TC_BASE_URL TC_LEDGER TC_KEY_FILE CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
export TC_LOCAL_API_KEY=key

# shellcheck source=tests/bench/lib.sh
. "$HERE/lib.sh"
# shellcheck source=tests/bench/rows.sh
. "$HERE/rows.sh"
# shellcheck source=tests/bench/rows-pool.sh
. "$HERE/rows-pool.sh"
# shellcheck source=tests/bench/rows-http.sh
. "$HERE/rows-http.sh"
# shellcheck source=tests/bench/rows-pace.sh
. "$HERE/rows-pace.sh"
# shellcheck source=tests/bench/rows-cost.sh
. "$HERE/rows-cost.sh"
# shellcheck source=tests/bench/rows-files.sh
. "$HERE/rows-files.sh"

if [ "${1-}" = -l ]; then
	for row in $ALL; do eval "echo \"$row: \$about_$row\""; done
	exit
fi
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- ${ROWS:-$ALL}
for row in "$@"; do
	case " $ALL " in *" $row "*) ;; *) die "no row $row: -l lists them" ;; esac
done
for tool in tc-create tc-wait tc-url tc-pool tc-put tc-get; do
	[ -x "$BUILD/$tool" ] || die "$BUILD/$tool is not there: make first"
done

trap stop_all EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
build_probes
: >"$O/results.jsonl"
: >"$O/goals.jsonl"
began=$(date +%s)
for peer in parallel node nginx openssl strace xargs; do
	have $peer || echo "# $peer is not installed: its part is left out"
done
heading
for row in "$@"; do
	bench "$row"
done
echo "# $(($(date +%s) - began)) s, $(nproc 2>/dev/null || echo '?') cores; ratios are medians of paired rounds [least..most]"
summary
table
plot
exit $bad
