#!/usr/bin/env bash
# tests/torture/run.sh [BOUND]: kills the filters at every system call that
# matters, fails those calls, fails every allocation, takes descriptors, memory
# and disk away; and after each, runs the same command again. What comes out
# then must be complete, in order, one job a line. BOUND: so many places of
# each kind (none: all, until a run goes through unharmed). BUILD: where the
# tools are. The last line counts.
# shellcheck disable=SC2016 # scripts for other shells
set -u
bound=${1:-100000}
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "$root" && cd "${BUILD:-build}" && pwd) || exit 74
dir=$(mktemp -d) || exit 74
passed=0 failed=0 server='' files=''
# shellcheck disable=SC2317 # called by the trap
end() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$files" ] || kill "$files" 2>/dev/null
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 74
export PATH=$BUILD:$BUILD/tests:$PATH LC_ALL=C HOME=$dir TC_PROVIDER=local TC_LOCAL_API_KEY=test
unset TC_LEDGER TC_KEY_FILE http_proxy HTTP_PROXY

yes() {
	passed=$((passed + 1))
}
no() {
	failed=$((failed + 1))
	echo "not ok $*"
	[ ! -s err ] || grep -a . err | tail -n 8 | sed 's/^/    /'
}

# gives "STATUS..." NAME COMMAND...: one of these statuses, in time. 137: killed.
gives() {
	local want=$1 name=$2 got=0
	shift 2
	timeout -k 1 30 "$@" <lines >out 2>err || got=$?
	case " $want " in
	*" $got "*) return 0 ;;
	*) no "$name: status $got, not $want"; return 1 ;;
	esac
}

stats() {
	curl -s "$TC_BASE_URL/_stats" | jq "$1"
}

# a create that nobody waits for is soon settled
mkdir -p profiles/tc/profiles && jq '.create.settle = "1s"' "$root/lib/profiles/local.json" >profiles/tc/profiles/local.json || exit 74
export XDG_CONFIG_HOME=$dir/profiles
printf '#!/bin/sh\nprintf x >"$2"\n' >encoder && chmod 755 encoder
mkfifo ready
tc-serve --port 0 --dir "$dir/state" --encoder "$dir/encoder" --ready-fd 4 4>ready >serve.out 2>serve.err &
server=$!
read -r -t 30 TC_BASE_URL <ready || { cat serve.err; exit 74; }
export TC_BASE_URL

run=0
# Sources and a ledger that were not there before.
fresh() {
	run=$((run + 1))
	rm -f L L.torn
	printf "http://h/$run-%s.mp4\n" 1 2 2 >lines
	made=$(stats .creates)
}

pipe() {
	set -o pipefail
	tc-create -l L | tc-wait --interval 20ms -l L | tc-url -l L
}
export -f pipe

# resumed NAME: the whole pipeline now gives the reference; no line has got two jobs.
resumed() {
	gives 0 "$1, then again" bash -c pipe || return
	if ! cmp -s lines <(jq -r .input out) ||
		! jq -se 'length == 3 and all(.ok) and all(.url) and ([.[].id] | unique | length) == 3' out >/dev/null; then
		no "$1, then again: not the reference"
	elif [ $(($(stats .creates) - made)) != 3 ]; then
		no "$1, then again: $(($(stats .creates) - made)) jobs for 3 lines"
	else
		yes
	fi
}

# What is printed before the end is whole lines only.
whole_lines() {
	[ ! -s out ] || [ "$(tail -c 1 out | od -An -tx1)" = ' 0a' ] || no "$1: a torn line of output"
}

# tool: the first part of the pipeline is done, unharmed; the tool is what is harmed.
before() {
	case $1 in
	tc-create) ;;
	tc-wait) tc-create -l L <lines >in 2>/dev/null ;;
	tc-url) { tc-create -l L <lines | tc-wait --interval 20ms -l L >in; } 2>/dev/null ;;
	esac
}
harm() {
	local tool=$1
	shift
	if [ "$tool" = tc-create ]; then
		"$@" "$tool" -l L <lines
	else
		"$@" "$tool" -l L <in
	fi
}

# inject TOOL CALL WHAT "STATUS...": at the first, second, ... such call, until one run goes through without it.
inject() {
	local tool=$1 call=$2 what=$3 want=$4 n got
	for ((n = 1; n <= bound; n++)); do
		fresh
		before "$tool"
		got=0
		harm "$tool" timeout -k 1 30 strace -f -qq -o trace -e "trace=$call" -e "inject=$call:$what:when=$n" >out 2>err || got=$?
		grep -Eq 'INJECTED|killed by SIGKILL' trace || return 0
		case " $want " in
		*" $got "*) ;;
		*) no "$tool, $what at $call $n: status $got, not $want" ;;
		esac
		[ "$what" = signal=SIGKILL ] || whole_lines "$tool, $what at $call $n"
		resumed "$tool, $what at $call $n"
	done
}

if command -v strace >/dev/null && strace -qq -o trace true 2>/dev/null; then
	for tool in tc-create tc-wait tc-url; do
		for call in write fdatasync openat ftruncate sendto; do
			inject "$tool" "$call" signal=SIGKILL '137'
		done
		# libcurl and the loader go on without a file they cannot open
		for what in error=ENOSPC error=EIO; do
			inject "$tool" fdatasync "$what" '74'
			inject "$tool" write "$what" '0 74'
		done
		inject "$tool" write error=EINTR '0'
		inject "$tool" fcntl error=ENOLCK '0 74'
	done
else
	echo "SKIPPED: strace is not here or may not trace: no kills at system calls"
fi

# memory TOOL ARG...: each allocation fails in turn.
memory() {
	local n got
	for ((n = 1; n <= bound * 10 && n <= 3000; n++)); do
		rm -f reached
		got=0
		FAIL_AT=$n FAIL_ON=1 FAIL_REACHED=$dir/reached timeout -k 1 20 env LD_PRELOAD="$dir/failmalloc.so" "$@" <in >out 2>err || got=$?
		[ -e reached ] || return 0
		whole_lines "$*, no memory at $n"
		case $got in
		0 | 1 | 64 | 69 | 74 | 75 | 78) yes ;;
		*) no "$*, no memory at $n: status $got" ;;
		esac
		[ "$got" != 0 ] && [ ! -s err ] && no "$*, no memory at $n: status $got and not a word"
	done
}

if ${CC:-cc} -shared -fPIC -O1 -o failmalloc.so "$root/tests/torture/failmalloc.c" 2>err; then
	fresh
	{ tc-create -l L <lines | tc-wait --interval 20ms >ended; } 2>/dev/null
	cp lines in
	memory tc-create -n
	memory tc-pool -j 1 true
	memory tc-create -l L
	cp ended in
	memory tc-wait
	memory tc-url
else
	echo "SKIPPED: no shared object can be made here: no failing allocations"
fi

# limited NAME "STATUS..." COMMAND: a shell command line in its limits, then without.
limited() {
	fresh
	gives "$2" "$1" bash -c "$3" && { whole_lines "$1"; resumed "$1"; }
}
limited '16 descriptors' '0 74 75' 'ulimit -n 16; tc-create -l L'
limited 'little memory' '0 74 127' 'ulimit -v 20000; tc-create -l L'
limited 'small files' 74 'ulimit -f 1; tc-create -l L | cat; exit "${PIPESTATUS[0]}"'
limited 'closed stdin' 74 'tc-create -l L <&-'
limited 'closed stdout' 74 'tc-create -l L >&-'
limited 'closed stderr' 0 'tc-create -l L 2>&-'
limited 'full stdout' 74 'tc-create -l L >/dev/full'
limited 'a reader that ends' '0 74' 'tc-create -l L | head -n 1; exit "${PIPESTATUS[0]}"'

# shellcheck source=tests/torture/files.sh
. "$root/tests/torture/files.sh"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
