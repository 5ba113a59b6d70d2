# What the suites of tc-pool share: load helper, then this.

setup() {
	setup_tc
	export TMPDIR=$BATS_TEST_TMPDIR
	BACKGROUND=
}

teardown() {
	local pid
	for pid in $BACKGROUND; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	stop_started
}

# background COMMAND...: stdin from ./in, stdout to ./out, stderr to ./err; its pid is $pid
background() {
	"$@" < in > out 2> err 3>&- &
	pid=$!
	BACKGROUND="$BACKGROUND $pid"
}

# ended PID: its status, in $status
# shellcheck disable=SC2034 # for the tests
ended() {
	status=0
	wait "$1" || status=$?
}

# summary WORDS: what the last line on stderr says
summary() {
	[ "$(tail -n 1 err)" = "$1" ] || { cat err >&2; return 1; }
}

# true if FILE grows beyond five lines within a third of a second
grows() {
	for _ in $(seq 30); do
		lines_in "$1" 6 && return 0
		sleep 0.01
	done
	return 1
}

# a command that fails N times for each item with STATUS, then prints its try
flaky() {
	cat > flaky <<-END
		#!/bin/sh
		echo "\$TC_INDEX \$TC_ATTEMPT \$TC_IDEMPOTENCY_KEY" >> tries
		[ "\$TC_ATTEMPT" -gt $1 ] || { echo "$3" >&2; exit $2; }
		echo "\$TC_ATTEMPT"
	END
	chmod +x flaky
}

most_at_once() {
	awk '/\+/{n++} /-/{n--} n > most {most = n} END {print most}' log
}
