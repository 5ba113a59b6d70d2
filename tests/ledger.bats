#!/usr/bin/env bats
# The ledger: any run may be killed at any instant and run again. Cuts and
# flips at every byte are in unit/test_ledger.c, kills at every system call in
# torture/run.sh.

load helper

setup() {
	setup_tc
}

teardown() {
	stop_started
}

stats() {
	curl -s "$TC_BASE_URL/_stats" | jq "$1"
}

# gives STATUS COMMAND...: stdout in out, stderr in err; never for longer than a minute.
gives() {
	local want=$1 got=0
	shift
	timeout -k 1 "${BOUND:-60}" "$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || { echo "status $got, not $want: $*" && tail -n 5 err && return 1; }
}

sources() {
	seq -f "http://h/$1%g.mp4" "$2"
}

# again_on: the same server without its faults, at another address.
again_on() {
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER"
}

# Each line has a job of its own, the lines come in input order, nothing failed.
complete() {
	[ "$(jq -r .input out)" = "$(cat lines)" ]
	jq -se --argjson n "$(wc -l <lines)" 'length == $n and all(.ok) and ([.[].id] | unique | length) == $n' out >/dev/null
}

@test "the same command again makes nothing twice and prints the same lines" {
	serve --encoder "$ENCODER"
	sources a 20 >lines
	gives 0 tc-create -l L <lines
	cp out first
	complete
	gives 0 tc-create -l L <lines
	cmp first out
	[ "$(stats .creates)" = 20 ]
	[ "$(stat -c %a L)" = 600 ]
	jq -se '.[0].tc_ledger == 1 and .[0].tool == "tc-create" and ([.[1:][].t] | group_by(.) | map([.[0], length])) == [["created",20],["intent",20]]' L
}

@test "a line put in front runs only that line; the same source twice is two jobs" {
	serve --encoder "$ENCODER"
	{ sources a 5; sources a 1; } >lines
	gives 0 tc-create -l L <lines
	complete
	sort -o ids1 <(jq -r .id out)
	{ echo http://h/new.mp4; cat lines; } >more.txt && mv more.txt lines
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 7 ]
	[ "$(sort <(jq -r .id out) | comm -13 ids1 - | wc -l)" = 1 ]
}

@test "two runs on one ledger at the same time make one job a line" {
	serve --encoder "$ENCODER" --latency 5ms
	sources a 60 >lines
	timeout 60 tc-create -l L <lines >out2 2>err2 &
	gives 0 tc-create -l L <lines
	wait $!
	complete
	cmp <(jq -r .id out) <(jq -r .id out2)
	[ "$(stats .creates)" = 60 ]
}

@test "xargs -P: many processes share a ledger" {
	serve --encoder "$ENCODER"
	sources a 60 >lines
	gives 0 xargs -n 5 -P 8 tc-create -l L <lines
	[ "$(jq -r .id out | sort -u | wc -l)" = 60 ]
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 60 ]
}

# killed PIPELINE: runs it in a group of its own, kills that at a random moment, a dozen times, then to the end.
killed() {
	local left=12 pid
	while [ $((left -= 1)) -ge 0 ]; do
		setsid bash -c "$1" <lines >killed.out 2>killed.err 3>&- &
		pid=$!
		sleep "0.$(printf %03d $((RANDOM % 250 + 20)))"
		kill -9 -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	gives 0 bash -c "set -o pipefail; $1" <lines
}

@test "killed with -9 a dozen times, then run to the end: one job a line, all results in order" {
	serve --encoder "$ENCODER" --latency 15ms
	{ sources a 60; sources a 1; sources b 59; } >lines
	killed 'tc-create -l L -j 2 | tc-wait -l L | tc-url -l L'
	complete
	[ "$(stats .creates)" = 120 ]
	[ "$(jq -r 'select(.state == "succeeded" and (.url | startswith("http"))) | 1' out | wc -l)" = 120 ]
}

@test "the same through tc-pool and a shell" {
	tc-pool --help | grep -q -- --ledger || skip "tc-pool has no -l"
	serve --encoder "$ENCODER" --latency 5ms
	{ sources a 30; sources a 1; sources b 29; } >lines
	BOUND=120 killed "tc-pool -j 4 -l L -- sh -c 'tc-create | tc-wait --interval 20ms | tc-url'"
	[ "$(jq -r .input out)" = "$(cat lines)" ]
	jq -se 'length == 60 and all(.ok) and ([.[].value.id] | unique | length) == 60' out
	[ "$(stats .creates)" = 60 ]
}

@test "a service that makes the job and drops the connection, one in ten: none twice, none in doubt" {
	serve --encoder "$ENCODER" --fault drop-after=0.1 --fault-on create --seed 7
	sources a 150 >lines
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 150 ]
	[ "$(stats .faults)" -gt 3 ]
}

@test "the same on a service with idempotency keys" {
	export TRANSCODELY_API_KEY=test-key
	serve --encoder "$ENCODER" --fault drop-after=0.1 --fault-on create --seed 7
	export TC_PROVIDER=transcodely
	sources a 150 >lines
	gives 0 tc-create -l L -d '{"managed":true}' <lines
	complete
	[ "$(stats .creates)" = 150 ]
	[ "$(stats .existing)" -gt 3 ]
}

@test "two lines with the same source, both answers lost: each gets one of the two jobs" {
	serve --encoder "$ENCODER" --fault drop-after=1 --fault-on create
	printf '%s\n' http://h/a http://h/a >lines
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 2 ]
}

@test "in doubt: a job that another line has is not adopted; --in-doubt=create makes one" {
	export TC_LEDGER=L
	serve --encoder "$ENCODER" --fault drop-before=1 --fault-on create
	echo '{"inputs":[{"url":"http://h/a"}],"metadata":{"n":1}}' >one
	echo '{"inputs":[{"url":"http://h/a"}],"metadata":{"n":2}}' >two
	gives 1 tc-create <one
	[ "$(jq -r .error.code out)" = in_doubt ]
	again_on
	gives 0 tc-create <two
	gives 1 tc-create <one
	[ "$(jq -r .error.code out)" = in_doubt ]
	gives 0 tc-create --in-doubt=create <one
	[ "$(stats .creates)" = 2 ]
}

@test "in doubt after a lost answer, found by a later run" {
	export TC_LEDGER=L
	serve --encoder "$ENCODER" --fault drop-after=1
	# nor does the list answer
	gives 69 tc-create --retries 0 http://h/a
	[ "$(jq -r .error.code out)" = in_doubt ]
	again_on
	gives 0 tc-create http://h/a
	[ "$(stats .creates)" = 0 ]
	[ "$(jq -r .input out)" = http://h/a ]
}

@test "a torn end is set aside and said; a last line without its end is kept" {
	serve --encoder "$ENCODER"
	sources a 3 >lines
	gives 0 tc-create -l L <lines
	cp out first
	head -c -1 L >short && cp short L
	gives 0 tc-create -l L <lines
	cmp first out
	[ ! -e L.torn ]
	printf '{"t":"created","key":"half' >>L
	gives 0 tc-create -l L <lines
	cmp first out
	grep -q 'torn (26 bytes): set aside in L.torn' err
	grep -q '^{"t":"created","key":"half$' L.torn
	[ "$(stats .creates)" = 3 ]
}

@test "cut anywhere, a run finds the jobs that were made or refuses" {
	serve --encoder "$ENCODER"
	for tenths in 1 2 3 4 5 6 7 8 9; do
		sources "cut$tenths" 2 >lines
		rm -f L && gives 0 tc-create -l L -j 1 <lines
		cp out first && cp L whole
		head -c $(($(stat -c %s whole) * tenths / 10)) whole >L
		chmod 600 L
		if ! head -n 1 L | cmp -s - <(head -n 1 whole); then
			gives 78 tc-create -l L <lines
		else
			gives 0 tc-create -l L <lines
			complete
			# what was announced before the cut has the job that was made for it
			head -n 2 whole | cmp -s - <(head -n 2 L) || continue
			[ "$(head -n 1 out | jq -r .id)" = "$(head -n 1 first | jq -r .id)" ]
		fi
	done
}

@test "damage in the middle, or another file: 78, and nothing is sent" {
	serve --encoder "$ENCODER"
	sources a 3 >lines
	gives 0 tc-create -l L <lines
	cp L good
	sed '3s/intent/intend/' good >L
	gives 78 tc-create -l L <lines
	grep -q 'line 3 is damaged' err
	echo 'a text' >L
	gives 78 tc-create -l L <lines
	grep -q 'this is no ledger' err
	gives 78 tc-create -l . <lines
	gives 78 tc-create -l no/such/L <lines
	gives 78 tc-create -l /dev/null <lines
	[ "$(stats .creates)" = 3 ]
	[ ! -s out ]
}

@test "a ledger of another command is refused, unless --force-ledger" {
	serve --encoder "$ENCODER"
	gives 0 tc-create -l L -f mp4 http://h/a
	gives 78 tc-create -l L -f webm http://h/a
	grep -q 'made by another tc-create command' err
	gives 0 tc-create -l L --force-ledger -f webm http://h/a
	gives 0 tc-create -l L -f webm http://h/a
	TC_LEDGER=L gives 0 tc-create -f mov http://h/a
	[ "$(stats .creates)" = 3 ]
}

@test "a ledger that cannot grow stops the run with 74 before anything is sent that it does not know of" {
	serve --encoder "$ENCODER"
	sources a 30 >lines
	gives 74 bash -c 'trap "" XFSZ; ulimit -f 4; tc-create -l L | cat; exit "${PIPESTATUS[0]}"' <lines
	grep -q 'ledger L: write' err
	made=$(stats .creates)
	[ "$made" -lt 30 ]
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 30 ]
}

@test "--max-new stops after that many; -n counts; the next run makes the rest" {
	serve --encoder "$ENCODER"
	sources a 10 >lines
	gives 75 tc-create -l L --max-new 4 <lines
	[ "$(jq -r 'select(.ok | not) | .error.code' out | sort | uniq -c | xargs)" = "6 not_attempted" ]
	gives 0 tc-create -n -l L <lines
	grep -qx 'ledger: 6 new, 4 done, 0 in doubt' err
	[ "$(stats .creates)" = 4 ]
	gives 0 tc-create -l L --max-new 6 <lines
	complete
	[ "$(stats .creates)" = 10 ]
}

@test "--again: a new job only where the last one ended badly" {
	serve --encoder "$ENCODER"
	printf '%s\n' http://h/a http://h/fail http://h/b >lines
	gives 1 bash -c 'set -o pipefail; tc-create -l L | tc-wait -l L' <lines
	gives 0 tc-create -l L <lines
	[ "$(stats .creates)" = 3 ]
	gives 0 tc-create -l L --again <lines
	[ "$(stats .creates)" = 4 ]
	gives 0 tc-create -l L --again <lines
	[ "$(stats .creates)" = 4 ]
	jq -se '[.[] | select(.t == "created") | .gen] == [1,1,1,2]' L
}

@test "tc-wait asks about an ended job once, tc-url once as long as the URL holds" {
	serve --encoder "$ENCODER"
	sources a 5 >lines
	gives 0 bash -c 'set -o pipefail; tc-create -l L | tc-wait -l L | tc-url -l L' <lines
	cp out first
	before=$(stats .requests)
	gives 0 bash -c 'set -o pipefail; tc-create -l L | tc-wait -l L | tc-url -l L' <lines
	cmp first out
	# but for the asking itself
	[ $(($(stats .requests) - before)) -le 2 ]
	# a URL that ends within the minute is resolved again
	sed -E '/"t":"done"/d' L >M
	chmod 600 M
	gives 0 bash -c 'set -o pipefail; tc-create -l M --force-ledger | tc-wait -l M | tc-url -l M' <lines
	[ "$(jq -c 'select(.t == "done")' M | wc -l)" = 5 ]
}

@test "a pause that the service asked for is noted, and a run that goes on passes over it" {
	serve --encoder "$ENCODER" --rate 2/s --burst 3 --retry-after 1
	sources p 8 >lines
	gives 0 tc-create -l L -j 8 <lines
	complete
	[ "$(jq -r 'select(.t == "pause") | .tool' L | sort -u)" = tc-create ]
	# a second and more, as asked; no more lines than refusals
	jq -es --argjson refused "$(stats .throttled)" 'map(select(.t == "pause")) | length <= $refused and all((.until[:19] + "Z" | fromdate) >= (.at[:19] + "Z" | fromdate) + 1)' L
	made=$(stats .creates)
	gives 0 tc-create -l L -j 8 <lines
	complete
	[ "$(stats .creates)" -eq "$made" ]
	# a pool's command that is refused, too
	rm -f tried
	gives 0 tc-pool -l P --throttle-on 9 -- sh -c '[ -e tried ] || { : >tried; exit 9; }' <<<x
	[ "$(jq -r 'select(.t == "pause") | .tool' P)" = tc-pool ]
	# one that nobody waits for is none
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --rate 1/m --burst 2 --retry-after 86400
	gives 75 tc-create -l M --max-wait 2s -j 8 <lines
	gives 75 tc-pool -l N --max-throttle 300ms --throttle-on 9 -- sh -c 'exit 9' <<<x
	[ -z "$(jq -r 'select(.t == "pause") | select(.until > "'"$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S)"'")' M N)" ]
	run -1 grep -c '"t":"pause"' M
}

@test "a run that is stopped by a signal is gone on with" {
	serve --encoder "$ENCODER" --latency 100ms
	sources a 40 >lines
	tc-create -l L <lines >part 2>part.err 3>&- &
	pid=$!
	until_true grep -q '"t":"created"' L
	kill "$pid"
	got=0
	wait "$pid" || got=$?
	[ "$got" = 143 ]
	[ "$(wc -l <part)" = 40 ]
	gives 0 tc-create -l L <lines
	complete
	[ "$(stats .creates)" = 40 ]
}

@test "a pool alone has its ledger: a second one is refused, naming the first" {
	local wait='until [ -e gate ]; do sleep 0.02; done'
	printf '%s\n' a b >lines
	tc-pool -l L -- sh -c "$wait" <lines >first 2>first.err 3>&- &
	pid=$!
	until_true grep -q '"t":"intent"' L
	gives 78 tc-pool -l L -- sh -c "$wait" <lines
	grep -q "held by pid $pid:" err
	touch gate
	wait "$pid"
	[ "$(jq -r .ok first | sort -u)" = true ]
}

@test "a pool's ledger: another command is refused unless --force-ledger; --again runs what failed" {
	printf '%s\n' a b c >lines
	gives 1 tc-pool -l L -- sh -c 'echo "$1 $TC_IDEMPOTENCY_KEY" >>ran; [ "$1" != b ] || [ -e mended ]' _ {} <lines
	[ "$(wc -l <ran)" = 3 ]
	gives 1 tc-pool -l L -- sh -c 'echo "$1 $TC_IDEMPOTENCY_KEY" >>ran; [ "$1" != b ] || [ -e mended ]' _ {} <lines
	[ "$(wc -l <ran)" = 3 ]
	touch mended
	gives 0 tc-pool --again -l L -- sh -c 'echo "$1 $TC_IDEMPOTENCY_KEY" >>ran; [ "$1" != b ] || [ -e mended ]' _ {} <lines
	[ "$(cut -d ' ' -f 1 ran | sort | uniq -c | tr -s ' ')" = " 1 a
 2 b
 1 c" ]
	[ "$(grep '^b' ran | sort -u | wc -l)" = 2 ]
	gives 78 tc-pool -l L -- echo {} <lines
	grep -q 'force-ledger' err
	gives 0 tc-pool --force-ledger -l L -- echo {} <lines
	[ "$(jq -r .input out | tr '\n' ' ')" = 'a b c ' ]
}

@test "a pool killed with -9: an item whose old command still runs is waited for, then run" {
	command -v setsid >/dev/null || skip "no setsid"
	echo a >lines
	# a command that leaves its group: nobody can end it for us
	tc-pool -l L -- setsid -w sh -c 'echo "$$" >>pids; until [ -e gate ]; do sleep 0.02; done' <lines >first 2>first.err 3>&- &
	pid=$!
	until_true test -s pids
	kill -9 "$pid"
	got=0
	wait "$pid" || got=$?
	[ "$got" = 137 ]
	kill -0 "$(head -n 1 pids)"
	timeout 60 tc-pool -l L -- setsid -w sh -c 'echo "$$" >>pids; until [ -e gate ]; do sleep 0.02; done' <lines >out 2>err 3>&- &
	pid=$!
	until_true grep -q 'an earlier run is still at it' err
	[ "$(wc -l <pids)" = 1 ]
	touch gate
	wait "$pid"
	[ "$(wc -l <pids)" = 2 ]
	[ "$(jq -r .ok out)" = true ]
}
