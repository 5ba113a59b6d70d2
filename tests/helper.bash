# What the suites share. A suite begins with
#
#	load helper
#	setup() { setup_tc; }
#	teardown() { stop_started; }
#
# and has these verbs: setup_tc, serve, start_background, stop_started,
# until_true, once, stats, field. A shell starts in a millisecond, jq in fifteen:
# what many tests ask for is asked without it. Nothing here sleeps for luck: what is waited for is
# asked for, up to a bound.

bats_require_minimum_version 1.5.0

# A clean world for one test, which runs in $BATS_TEST_TMPDIR. PATH begins with
# the built tools ($BUILD, else build/) and the tests' own programs
# ($BUILD/tests). Sets ROOT, BUILD and ENCODER: a stand-in for ffmpeg, see below.
setup_tc() {
	ROOT=${BATS_TEST_DIRNAME%/tests*} # also of a suite in a directory below tests/
	BUILD=${BUILD:-build}
	[[ $BUILD == /* ]] || BUILD=$(cd "$ROOT/$BUILD" && pwd)
	# bats looks at each command of a test: one that names all of them is cheaper than a loop
	# shellcheck disable=SC2046 # names of variables
	unset $(shopt -s extglob; compgen -e -X '!@(TC_*|*_API_KEY|*_ORG_ID|*_proxy|*_PROXY|XDG_*|CURL_*|SSL_CERT_*|MAKEFLAGS|MFLAGS|MAKELEVEL)')
	export ROOT BUILD LC_ALL=C TZ=UTC HOME=$BATS_TEST_TMPDIR PATH=$BUILD:$BUILD/tests:$PATH
	cd "$BATS_TEST_TMPDIR" || return
	ENCODER=$BATS_TEST_TMPDIR/encoder
	# Fails if the source has "fail" in it; with "held", waits until there is
	# a file called gate here; takes no time otherwise.
	cat >"$ENCODER" <<-END
		#!/bin/sh
		case \$1 in
		*fail*) echo "cannot decode \$1" >&2; exit 3 ;;
		*held*) until [ -e '$BATS_TEST_TMPDIR/gate' ]; do sleep 0.02; done ;;
		esac
		printf 'made from %s' "\$1" >"\$2"
	END
	chmod +x "$ENCODER"
}

# start_background NAME COMMAND [ARG...]: runs a command in the background, its
# output in NAME.out and NAME.err; sets PID. Descriptor 3 is closed for it, or
# bats would wait for it. Its stdin is /dev/null.
start_background() {
	local name=$1
	shift
	"$@" </dev/null >"$name.out" 2>"$name.err" 3>&- &
	PID=$!
	echo "$PID $BATS_TEST_TMPDIR/$name.err" >>"$BATS_TEST_TMPDIR/.started"
}

# serve [OPTION...]: starts tc-serve on a port of its own with its state in
# ./state and waits until it takes calls. Sets PID, and for the filters
# TC_BASE_URL, TC_PROVIDER and TC_LOCAL_API_KEY; API is its address. serve --encoder "$ENCODER"
# makes jobs that take no time. Output: serve.out and serve.err.
serve() {
	local ready=$BATS_TEST_TMPDIR/.ready
	export TC_PROVIDER=local TC_LOCAL_API_KEY=${TC_LOCAL_API_KEY-test-key}
	rm -f "$ready" && mkfifo "$ready" || return
	start_background serve serve_on "$ready" --port 0 --dir "$BATS_TEST_TMPDIR/state" --ready-fd 4 "$@"
	# end of file immediately if it cannot start
	read -r -t 60 TC_BASE_URL <"$ready" || { cat serve.err >&2; return 1; }
	export TC_BASE_URL API=$TC_BASE_URL
}

serve_on() {
	exec 4>"$1" || return
	shift
	exec tc-serve "$@"
}

# What a suite does around each test, unless it says otherwise.
setup() { setup_tc; }
teardown() { stop_started; }

# For teardown: ends what was started, by its process id, and fails the test if
# a sanitizer complained there.
stop_started() {
	local pid err bad=0
	[ -e "$BATS_TEST_TMPDIR/.started" ] || return 0
	while read -r pid err; do
		kill "$pid" 2>/dev/null || true
		until_true gone "$pid" || kill -9 "$pid" 2>/dev/null || true
		if grep -aE 'Sanitizer|runtime error:' "$err" 2>/dev/null; then
			bad=1
		fi
	done <"$BATS_TEST_TMPDIR/.started"
	rm -f "$BATS_TEST_TMPDIR/.started"
	return $bad
}

# A zombie is gone too: nobody may ever wait for what a subshell started.
gone() {
	local stat
	kill -0 "$1" 2>/dev/null || return 0
	if { read -r stat <"/proc/$1/stat"; } 2>/dev/null; then
		stat=${stat##*) }
	else
		stat=$(ps -o stat= -p "$1" 2>/dev/null) || true
	fi
	[[ $stat == Z* ]]
}

# until_true COMMAND [ARG...]: asks again and again until it succeeds; fails
# after ${UNTIL:-20} seconds.
until_true() {
	local end=$((SECONDS + ${UNTIL:-20}))
	until "$@"; do
		[ "$SECONDS" -le "$end" ] || { echo "still not true: $*" >&2; return 1; }
		sleep 0.02
	done
}

# lines_in FILE N: there are at least N. A file that is not there yet has none.
lines_in() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

# once NAME COMMAND [ARG...]: what the command prints, as ./NAME. It runs for the
# first test of a suite that asks; the others have a copy.
once() {
	local name=$1 kept=$BATS_FILE_TMPDIR/${1##*/} own=$BATS_FILE_TMPDIR/${1##*/}.$BASHPID
	shift
	if [ ! -e "$kept" ]; then
		"$@" >"$own" && mv "$own" "$kept" || return
	fi
	cp "$kept" "$name"
}

# stats FILTER...: what the server that was started last has counted, as jq -r
# reads it, the answers in one line. For a count, ".name", jq is not started.
stats() {
	local all filter answers=()
	all=$(curl -s --noproxy '*' "$API/_stats") || return
	for filter; do
		if [[ $filter =~ ^\.[a-z0-9_]+$ && $all =~ [{,]\"${filter#.}\":([0-9]+)[,}] ]]; then
			answers+=("${BASH_REMATCH[1]}")
		else
			answers+=("$(jq -r "$filter" <<<"$all")") || return
		fi
	done
	echo "${answers[*]}"
}

# field FILTER [FILE]: jq -r over the lines of FILE, else of what run has read.
# shellcheck disable=SC2154 # run sets output
field() {
	if [ $# -gt 1 ]; then
		jq -r "$1" "$2"
	else
		jq -r "$1" <<<"$output"
	fi
}
