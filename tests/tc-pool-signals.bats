#!/usr/bin/env bats
# tc-pool: signals to it, and what becomes of what runs.

load helper
load pool

@test "one TERM: exactly what runs finishes, every line has its result, the status says 143" {
	mkfifo gate
	seq 10 > in
	background tc-pool -j 2 -- sh -c 'echo $$ >> running; read -r x < gate; echo done' _ {}
	until_true lines_in running 2
	kill -TERM "$pid"
	until_true grep -q stopping err
	exec 9<> gate
	printf '\n\n' >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 143 ]
	[ "$(jq -s -c 'map(.error.code // .value)' out)" = '["done","done","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted"]' ]
	summary '10 in: 2 ok, 0 failed, 8 not attempted'
}

@test "a second signal ends the groups, nothing is left alive" {
	seq 5 > in
	background tc-pool -j 2 -- sh -c 'sleep 60 & echo $! >> running; wait; exit 9' _ {}
	until_true lines_in running 2
	kill -HUP "$pid"
	until_true grep -q stopping err
	kill -HUP "$pid"
	ended "$pid"
	[ "$status" -eq 129 ]
	[ "$(jq -s -c 'map(.error.code)' out)" = '["interrupted","interrupted","not_attempted","not_attempted","not_attempted"]' ]
	for child in $(cat running); do until_true gone "$child"; done
	summary '5 in: 0 ok, 2 failed, 3 not attempted'
}

@test "a third signal ends tc-pool itself, and still nothing is left alive" {
	seq 2 > in
	background tc-pool -j 2 -- sh -c 'trap "" TERM; echo $$ >> running; while :; do sleep 0.1; done' _ {}
	until_true lines_in running 2
	for n in 1 2 3; do
		kill -TERM "$pid" || true
		sleep 0.1
	done
	ended "$pid"
	[ "$status" -eq 143 ]
	for child in $(cat running); do until_true gone "$child"; done
}

@test "killed with -9 it takes its children with it, grandchildren too, and lets them clean up" {
	seq 3 > in
	# a shell whose sleep is killed says so on stderr, which nobody reads any more
	background tc-pool -j 3 -- sh -c 'exec 2>/dev/null
		clean_up() { trap "" TERM; sleep 1.2; echo > gave_back; exit; }
		[ "$1" != 3 ] || trap clean_up TERM
		sleep 60 & echo $! >> running; wait; echo' _ {}
	until_true lines_in running 3
	kill -KILL "$pid"
	for child in $(cat running); do until_true gone "$child"; done
	until_true test -e gave_back
}

@test "a retry that waits when the signal comes is interrupted, not lost" {
	echo x > in
	background tc-pool --retries 100 -- sh -c 'echo "{\"ok\":false,\"error\":{\"code\":\"unavailable\",\"message\":\"m\",\"temporary\":true,\"retry_after\":600}}"; echo >> tried; exit 75'
	until_true lines_in tried 1
	until_true sh -c "[ \"\$(cat /proc/$pid/task/$pid/children | wc -w)\" -le 1 ]"
	kill -TERM "$pid"
	ended "$pid"
	[ "$status" -eq 143 ]
	[ "$(jq -c '[.error.code, .error.temporary, .attempts]' out)" = '["interrupted",true,1]' ]
}

@test "URG and USR2 count from the start: while the ledger is held by another pool, too" {
	has_ledger() { [ -n "$(find "/proc/$1/fd" -lname "$PWD/L")" ]; }
	[ -d /proc/self/fd ] || skip "needs /proc"
	mkfifo gate
	echo x > in
	background tc-pool -l L -- sh -c ': > began; read -r x < gate'
	until_true test -e began
	: > in
	local first=$pid
	background tc-pool -j 3 -l L --force-ledger -- true
	until_true has_ledger "$pid"
	kill -USR2 "$pid"
	echo > gate
	until_true gone "$first"
	ended "$pid"
	[ "$status" -eq 0 ]
	grep -q '^running at most 2 at a time$' err
}

@test "USR2 means one fewer at a time, URG one more, and neither ends it" {
	mkfifo gate
	seq 12 > in
	background tc-pool -j 2 -- sh -c 'echo >> running; read -r x < gate' _ {}
	exec 9<> gate
	until_true lines_in running 2
	kill -URG "$pid"
	until_true grep -q '^running at most 3 at a time' err
	until_true lines_in running 3
	kill -USR2 "$pid"
	until_true grep -q '^running at most 2 at a time' err
	for n in 1 2 3 4 5; do kill -USR2 "$pid"; done
	until_true grep -q '^running at most 1 at a time' err
	# three end, and one takes their place
	printf '\n\n\n' >&9
	until_true lines_in running 4
	until_true sh -c "[ \"\$(wc -w < /proc/$pid/task/$pid/children)\" -le 2 ]"
	[ "$(wc -l < running)" -eq 4 ]
	printf '\n%.0s' 1 2 3 4 5 6 7 8 9 >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
}

# stopped PID: true if it stands still
stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

@test "^Z stops the commands with the pool, and they go on together" {
	# a shell with job control, so that there is somebody to continue it
	cat > shell <<-'END'
		set -m
		tc-pool --timeout 20s -- sh -c 'echo $$ > child; until [ -e go ]; do sleep 0.05; done; echo done' _ {} < in > out 2> err &
		echo $! > pool
		wait # also ends when it is stopped
		until [ -s out ]; do sleep 0.05; done
	END
	echo x > in
	background bash ./shell
	until_true test -s child
	kill -TSTP "$(cat pool)"
	until_true stopped "$(cat pool)"
	stopped "$(cat child)"
	kill -CONT "$(cat pool)"
	: > go
	until_true lines_in out 1
	[ "$(jq -r .value out)" = "done" ]
	ended "$pid"
}

@test "a command that reads the terminal fails with the reason, and nothing hangs" {
	command -v script > /dev/null || skip 'needs script'
	echo a > in
	timeout 60 script -qec "tc-pool --progress=never -- sh -c 'read x < /dev/tty; : {}' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code, .error.temporary]' out)" = '[false,"TTIN","signal",false]' ]
	jq -r .error.message out | grep -q 'SIGTTIN.*terminal'
	timeout 60 script -qec "tc-pool --progress=never -- sh -c 'stty -echo < /dev/tty; : {}' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code]' out)" = '[false,"TTOU","signal"]' ]
	timeout 60 script -qec "tc-pool --progress=never -c -- sh -c 'read x < /dev/tty' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code, .attempts]' out)" = '[false,"TTIN","signal",1]' ]
}

@test "USR1 asks how far it is" {
	mkfifo gate
	seq 3 > in
	background tc-pool -j 1 -- sh -c 'echo >> running; read -r x < gate' _ {}
	until_true lines_in running 1
	kill -USR1 "$pid"
	until_true grep -q '^tc-pool: 0 done, 0 failed, 1 running, 2 queued, ' err
	exec 9<> gate
	printf '\n\n\n' >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
}
