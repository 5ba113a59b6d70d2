#!/usr/bin/env bats
# tc-pool: -j auto, --rate and --rate-cmd.

load helper
load pool

@test "-j auto starts small, grows while all goes well and stays between its bounds" {
	cat > job <<-'END'
		#!/bin/bash
		echo + >> log
		for n in $(seq 300); do
			[ -e full ] && break
			[ $(($(grep -c + log) - $(grep -c - log))) -lt 3 ] || : > full
			sleep 0.01
		done
		echo - >> log
	END
	chmod +x job
	seq 30 | tc-pool -j auto:3..3 -- ./job {} > out 2> err
	[ "$(most_at_once)" -eq 3 ]
	rm -f log
	seq 60 | tc-pool -j auto:1..2 -- ./job {} > out 2> err
	[ "$(most_at_once)" -le 2 ]
}

@test "a shell that dies of SIGTERM at once leaves what it runs the time to clean up" {
	printf '#!/bin/sh\ntrap "sleep 0.4; echo clean >> cleaned; exit 1" TERM\necho up > up\nwhile :; do sleep 0.05; done\n' > careful
	chmod +x careful
	run -75 --separate-stderr tc-pool --timeout 300ms --retries 0 --retry-on timeout -- sh -c './careful; true' <<< x
	[ "$(cat cleaned)" = clean ]
	rm cleaned up
	echo x > line
	start_background pool sh -c 'exec tc-pool -- sh -c "./careful; true" < line'
	until_true test -e up
	kill "$PID"
	until_true grep -q stopping pool.err
	kill "$PID"
	until_true test -e cleaned
	# one that never ends is killed all the same
	printf '#!/bin/sh\ntrap "" TERM\necho $$ > stubborn.pid\nexec sleep 1000\n' > stubborn
	chmod +x stubborn
	# a slow machine may not have started it by the first time-out
	local time
	for time in 300ms 2s 10s; do
		run -1 --separate-stderr timeout 60 tc-pool --timeout $time -- sh -c './stubborn; true' <<< x
		[ "$(jq -r .error.code <<< "$output")" = timeout ]
		[ ! -s stubborn.pid ] || break
	done
	[ -s stubborn.pid ]
	until_true gone "$(cat stubborn.pid)"
}

# A limiter for --rate-cmd: writes its input to the file told, and answers each start with the seconds in $1.
limiter() {
	cat > limiter <<-'END'
		#!/bin/sh
		while read -r word rest; do
			echo "$word $rest" >> told
			[ "$word" != start ] || echo "$1"
		done
		echo end >> told
	END
	chmod +x limiter
}

@test "--rate-cmd: started once, asked before each start, told of rate and throttles, ended with the run" {
	limiter
	seq 5 | tc-pool --quiet -j 1 --rate 10/s:3 --rate-cmd './limiter 0' -- true > out
	[ "$(jq -s 'map(.ok) | all' out)" = true ]
	[ "$(head -n 1 told)" = 'limit rate=10 burst=3' ]
	[ "$(grep -c '^start' told)" = 5 ]
	[ "$(grep -c '^end' told)" = 1 ]
	rm told
	flaky 1 9
	tc-pool --quiet --throttle-on 9 --rate-cmd "sh -c './limiter 0.01'" -- ./flaky <<< x > out
	[ "$(jq -c '[.ok, .attempts]' out)" = '[true,2]' ]
	grep -qE '^throttled [0-9]+\.[0-9]{6}$' told
}

@test "--rate-cmd: its replies are waited for, and several starts are asked for together" {
	cat > steps <<-'END'
		#!/bin/sh
		# the first three immediately, the others 200 ms apart; answered only once all five were requested
		for i in 1 2 3 4 5; do read -r word; done
		printf '0\n0\n0\n0.2\n0.4\n'
		while read -r word; do echo 0.4; done
	END
	chmod +x steps
	seq 5 | tc-pool --quiet -j 5 --rate-cmd ./steps -- date +%s%N > out
	jq -s 'map(.value / 1e9) | [.[2] - .[0] < 0.15, .[3] - .[2] > 0.1, .[4] - .[0] > 0.35] | all' out | grep -q true
}

@test "--rate-cmd: one that does not answer in 5 seconds, ends, or talks nonsense stops the run for now: 75" {
	for command in true 'echo 0 0' 'sh -c "while read x; do echo soon; done"' 'sh -c "echo 0; echo 0; echo 0; cat"'; do
		run -75 --separate-stderr tc-pool -j 1 --rate-cmd "$command" -- true < <(seq 3)
		[ "$(jq -s 'length == 3 and (map(select(.ok | not)) | length > 0 and all(.error.temporary))' <<< "$output")" = true ]
		[[ "$stderr" = *'--rate-cmd: '* ]]
	done
	before=$SECONDS
	run -75 --separate-stderr tc-pool -j 3 --rate-cmd 'sleep 100' -- touch ran < <(seq 3)
	[ $((SECONDS - before)) -lt 20 ]
	[[ "$stderr" = *'no answer in 5 seconds'* ]]
	[ ! -e ran ]
	[ "$(jq -s -c 'map(.error.code) | unique' <<< "$output")" = '["not_attempted"]' ]
	for command in 'no-such-command x' '' "sh -c 'x"; do
		run -64 tc-pool --rate-cmd "$command" -- true < <(seq 3)
	done
	run -64 tc-pool --rate-file a --rate-cmd cat -- true < /dev/null
	# a dry run starts none
	run -0 tc-pool -n --rate-cmd 'touch started' -- true < <(seq 3)
	[ ! -e started ]
}

@test "--rate bounds how fast children start, in two runs that share a --rate-file" {
	start=$(date +%s%N)
	seq 5 | tc-pool -j 8 --rate 20:1 --rate-file rate -- true > out 2> err
	seq 5 | tc-pool -j 8 --rate 20:1 --rate-file rate -- true > out 2> err
	# ten starts, 50 ms apart: nine gaps at least
	[ $((($(date +%s%N) - start) / 1000000)) -ge 440 ]
	echo garbage > rate
	run -78 tc-pool --rate 20 --rate-file rate -- true < /dev/null
}

@test "a pause of others that is longer than --max-throttle stops the run with 75, and is named" {
	cat > refused <<-'END'
		#!/bin/sh
		echo '{"ok":false,"error":{"code":"throttled","message":"m","temporary":true,"retry_after":80000}}'
		exit 75
	END
	chmod +x refused
	run -75 --separate-stderr timeout 60 tc-pool --rate-file shared -- ./refused <<< x
	# another run finds the pause in the file
	run -75 --separate-stderr timeout 60 tc-pool --rate-file shared -- touch started <<< x
	[[ $stderr == *"another run with this rate file was throttled: nothing may start for "* ]]
	[ "$(jq -r .error.code <<< "$output")" = not_attempted ]
	# or a program says so
	limiter
	run -75 --separate-stderr timeout 60 tc-pool --rate-cmd './limiter 80000' -- touch started <<< x
	[[ $stderr == *"the program of --rate-cmd pauses all runs: nothing may start for 79999 s, longer than --max-throttle allows: stopped"* ]] ||
		[[ $stderr == *"for 80000 s"* ]]
	[ ! -e started ]
	# a rate that was given explains a long wait
	rm -f told
	echo x > line
	start_background pool sh -c 'exec tc-pool --rate 1/h --rate-cmd "./limiter 1000" -- touch started < line'
	until_true grep -q start told
	kill "$PID"
	until_true grep -q 'not attempted' pool.err
	run ! grep -q 'rate-cmd' pool.err
}

@test "--rate-cmd: one that reads no more is noticed immediately" {
	printf '#!/bin/sh\nread -r word\necho 0\nexec 0<&-\n: > closed\nexec sleep 60\n' > limiter
	chmod +x limiter
	SECONDS=0
	run -75 --separate-stderr timeout 60 tc-pool -j 1 --rate-cmd ./limiter -- sh -c 'until [ -e closed ]; do sleep 0.05; done' _ {} <<< $'a\nb'
	[ "$SECONDS" -lt 5 ]
	[[ $stderr == *"--rate-cmd: it reads no more: Broken pipe: stopped"* ]]
	[ "$(jq -r '.error.code // "ok"' <<< "$output" | xargs)" = 'ok not_attempted' ]
}
