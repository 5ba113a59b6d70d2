#!/bin/sh
# tests/counts/run.sh [--check]: counts the instructions of four fixed runs with
# callgrind, from main() on, and writes them to tests/counts/numbers; --check
# compares instead, and fails where a run takes over 5 % more than the number
# there. Counts do not depend on how fast or how busy a machine is; they do on
# the compiler and the C library, so the numbers are those of Debian 12.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-$root/build}" && pwd)
numbers=$root/tests/counts/numbers
command -v valgrind >/dev/null || { echo 'counts: valgrind is not installed' >&2; exit 78; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset TC_LEDGER TC_PROVIDER TC_BASE_URL TC_KEY_FILE MAKEFLAGS || :
export HOME="$work" LC_ALL=C FFMPEG_MICRO_API_KEY=none

# count NAME TOOL [ARG...] <INPUT: prints NAME and its instructions
count() {
	name=$1 tool=$2
	shift 2
	valgrind -q --tool=callgrind --toggle-collect=main --trace-children=no --callgrind-out-file=out \
		"$BUILD/$tool" --progress=never --quiet "$@" >/dev/null 2>err || [ $? = 1 ] || { cat err >&2; exit 1; }
	echo "$name $(sed -n 's/^\(summary\|totals\): \([0-9]*\).*/\2/p' out | tail -n 1)"
}

awk 'BEGIN { for (i = 0; i < 10000; i++) printf "{\"index\":%d,\"input\":\"https://example.com/%d.mp4\",\"ok\":false,\
\"id\":\"job_%d\",\"n\":12345678901234567890,\"error\":{\"code\":\"rejected\",\"message\":\"m\",\"temporary\":false}}\n", i, i, i }' >failed.jsonl
seq -f 'https://example.com/%g.mp4' 10000 >urls.txt
"$BUILD/tc-pool" --quiet -l ledger -c -j 1 -- cat <urls.txt >/dev/null

{
	count pass tc-url <failed.jsonl
	count dry tc-create -n -f mp4 <urls.txt
	head -n 200 urls.txt | count pool tc-pool -j 1 -- true
	count resume tc-pool -l ledger -c -j 1 -- cat <urls.txt
} >counted

if [ "${1-}" != --check ]; then
	cp counted "$numbers"
	cat "$numbers"
	exit
fi
awk 'FNR == NR { was[$1] = $2; next }
	{ share = $2 / was[$1]; printf "%-8s %12d, %.3f of %d\n", $1, $2, share, was[$1]; if (!(share <= 1.05)) bad = 1; seen++ }
	END { exit bad || seen != 4 }' "$numbers" counted || {
	echo 'counts: a run takes over 5 % more instructions than tests/counts/numbers has; if that is meant: make counts' >&2
	exit 1
}
