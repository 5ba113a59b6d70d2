#!/usr/bin/env bats
# The ledger: any run may be killed at any instant and run again. Cuts and
# flips at every byte are in unit/test_ledger.c, kills at every system call in
# torture/run.sh.

load helper

setup() {
	setup_tc
	# a create that nobody waits for is soon settled
	mkdir -p profiles/tc/profiles
	once profiles/tc/profiles/local.json jq '.create.settle = "2s"' "$ROOT/lib/profiles/local.json"
	export XDG_CONFIG_HOME=$PWD/profiles
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

@test "a line inserted at the top runs only that line; the same source twice is two jobs" {
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
	gives 75 tc-create --in-doubt=fail <one
	[ "$(jq -r .error.code out)" = in_doubt ]
	again_on
	gives 0 tc-create <two
	gives 75 tc-create --in-doubt=fail <one
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

@test "a torn end is set aside with a warning; a whole last line without its newline is kept" {
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

@test "cut anywhere, a run finds the jobs that were made" {
	serve --encoder "$ENCODER"
	for tenths in 1 2 3 4 5 6 7 8 9; do
		sources "cut$tenths" 2 >lines
		rm -f L && gives 0 tc-create -l L -j 1 <lines
		cp out first && cp L whole
		head -c $(($(stat -c %s whole) * tenths / 10)) whole >L
		chmod 600 L
		cut=$(wc -l <L)
		gives 0 tc-create -l L <lines
		complete
		# a torn header: nothing can have been done
		[ "$cut" -gt 0 ] || grep -q 'its first line was torn' err
		# what was announced before the cut has the job that was made for it
		[ "$cut" -lt 2 ] || [ "$(head -n 1 out | jq -r .id)" = "$(head -n 1 first | jq -r .id)" ]
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
	grep -q 'is not a ledger' err
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
	grep -q 'made by a different tc-create command' err
	gives 0 tc-create -l L --force-ledger -f webm http://h/a
	gives 0 tc-create -l L -f webm http://h/a
	TC_LEDGER=L gives 0 tc-create -f mov http://h/a
	[ "$(stats .creates)" = 3 ]
}

@test "a ledger that cannot grow stops the run with 74 before anything is sent that it does not know of" {
	serve --encoder "$ENCODER"
	sources a 30 >lines
	gives 74 bash -c 'ulimit -f 4; tc-create -l L | cat; exit "${PIPESTATUS[0]}"' <lines
	grep -q 'ledger L: write: File too large' err
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

@test "a pause that the service asked for and that is waited for is recorded, and does not disturb the next run" {
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
	# a pause that nobody waits for is not recorded
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --rate 1/m --burst 2 --retry-after 86400
	gives 75 tc-create -l M --max-wait 2s -j 8 <lines
	gives 75 tc-pool -l N --max-throttle 300ms --throttle-on 9 -- sh -c 'exit 9' <<<x
	[ -z "$(jq -r 'select(.t == "pause") | select(.until > "'"$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S)"'")' M N)" ]
	run -1 grep -c '"t":"pause"' M
}

@test "a run that was stopped by a signal resumes" {
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
	grep -q "held by pid $pid on $(uname -n): " err
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
	until_true grep -q 'an earlier run is still running' err
	[ "$(wc -l <pids)" = 1 ]
	touch gate
	wait "$pid"
	[ "$(wc -l <pids)" = 2 ]
	[ "$(jq -r .ok out)" = true ]
}

@test "after a power loss: a hole in what was written last is set aside, one in what was durable is damage" {
	printf '%s\n' 1 2 >lines
	gives 0 tc-pool -j 2 -l L -- sh -c 'echo "$1" >>ran' _ {} <lines
	cp L whole
	hole 4 with-end
	gives 0 tc-pool -j 2 -l L -- sh -c 'echo "$1" >>ran' _ {} <lines
	[ "$(jq -r .ok out | xargs)" = 'true true' ]
	grep -q 'from line 4 on it was never made durable ([0-9]* bytes): set aside in L.torn$' err
	[ "$(tail -n 1 L.torn | tr -d '\0')" = "$(tail -n 1 whole)" ]
	[ "$(stat -c %a L.torn)" = 600 ]
	[ "$(wc -l <ran)" = 4 ]
	# nothing that was done is done again
	gives 0 tc-pool -j 2 -l L -- sh -c 'echo "$1" >>ran' _ {} <lines
	[ "$(wc -l <ran)" = 4 ]
	for n in 1 2 3; do
		hole $n
		gives 78 tc-pool -j 2 -l L -- sh -c 'echo "$1" >>ran' _ {} <lines
		cmp -s L holed
	done
	[ "$(wc -l <ran)" = 4 ]
}

# hole N [with-end]: L is whole but for line N, which is NULs.
hole() {
	awk -v n="$1" -v end="${2-}" 'NR != n { print; next }
		{ for (i = length($0); i > 0; i--) printf "%c", 0; if (end) printf "%c", 0; else print "" }' whole >L
	chmod 600 L
	cp L holed
}

@test "a file that begins with NULs, as many videos do, is not a torn ledger and is left alone" {
	local name
	printf '\0\0\0\040ftypisom\0\0\002\0isomiso2avc1mp41\0\0' >a.mp4
	printf '\0\0\0\0\0\0data\n' >b.bin
	printf '{"tc_l\0\0x' >c.bin
	for name in a.mp4 b.bin c.bin; do
		cp $name $name.kept
		run -78 --separate-stderr tc-pool -l $name true </dev/null
		[[ $stderr == "tc-pool: $name is not a ledger; use another file name"* ]] || false
		cmp $name $name.kept
		[ ! -e $name.torn ]
	done
}

@test "a torn first line starts the ledger over; a file that is not a ledger is left alone" {
	serve --encoder "$ENCODER"
	sources a 2 >lines
	: >L.torn
	printf '{"tc_ledger":1,"tool":"tc-cre' >L
	gives 0 tc-create -l L <lines
	complete
	grep -q 'its first line was torn (29 bytes), so nothing was done yet: set aside in L.torn.1$' err
	[ "$(cat L.torn.1)" = '{"tc_ledger":1,"tool":"tc-cre' ]
	[ ! -s L.torn ]
	head -c 4096 /dev/zero >M
	gives 0 tc-create -l M <lines
	complete
	printf 'my notes' >N
	gives 78 tc-create -l N <lines
	[ "$(cat N)" = 'my notes' ]
	grep -q 'is not a ledger' err
}

@test "a ledger removed or replaced while a run uses it stops that run" {
	serve --encoder "$ENCODER"
	for way in 'rm L' 'cp L M && mv M L' 'rm L && mkdir L'; do
		rm -rf L in && mkfifo in
		tc-create -l L <in >create.out 2>create.err 3>&- &
		pid=$!
		exec 5>in
		echo http://h/a.mp4 >&5
		until_true grep -qs '"t":"created"' L
		sh -c "$way"
		echo http://h/b.mp4 >&5
		exec 5>&-
		got=0
		wait "$pid" || got=$?
		[ "$got" = 74 ]
		grep -Eq 'ledger L: it was (removed|replaced)' create.err
	done
	[ "$(stats .creates)" = 3 ]
}

@test "two runs with the same pid, each in a container of its own, make one job a line" {
	unshare --pid --fork true 2>/dev/null || skip "no pid namespaces here"
	serve --encoder "$ENCODER" --latency 20ms
	sources a 30 >lines
	same_pid() { timeout 60 unshare --pid --fork sh -c 'exec tc-create -l L'; }
	same_pid <lines >out2 2>err2 &
	gives 0 unshare --pid --fork sh -c 'exec tc-create -l L' <lines
	wait $!
	[ "$(jq -r 'select(.t == "intent").pid' L | sort -u | wc -l)" = 1 ]
	complete
	cmp <(jq -r .id out) <(jq -r .id out2)
	[ "$(stats .creates)" = 30 ]
	jq -se 'map(select(.t == "intent")) | all(.host | length > 0) and ([.[].lock] | unique | length) <= 2' L
}

@test "two runs on a slow ledger, whose lock somebody holds again and again" {
	serve --encoder "$ENCODER" --latency 20ms
	start_background hold holdlock L 60
	until_true test -s hold.out
	for n in 1 2 3 4; do
		sources "slow$n" 4 >lines
		timeout 60 tc-create -l L -j 4 <lines >out2 2>err2 &
		gives 0 tc-create -l L -j 4 <lines
		wait $!
		complete
		cmp <(jq -r .id out) <(jq -r .id out2)
	done
	[ "$(stats .creates)" = 16 ]
}

@test "a pool that sees another one's run line after its own stops: locks do not work there" {
	wait='echo >>started; until [ -e gate ]; do sleep 0.02; done'
	for n in 1 2; do echo x | gives 0 tc-pool -l other -- true; done
	jq -se '[.[] | select(.t == "run") | .host, .lock, .pid] | length == 3' other
	seq 9 >lines
	tc-pool -j 1 -l L -- sh -c "$wait" _ {} <lines >out 2>err 3>&- &
	pid=$!
	until_true test -s started
	grep '"t":"run"' other >>L
	touch gate
	got=0
	wait "$pid" || got=$?
	[ "$got" = 74 ]
	grep -q 'locks do not work on that file system' err
	[ "$(wc -l <started)" = 1 ]
}

@test "the lines of a killed run are made durable before its results are printed" {
	strace -qq -o trace true 2>/dev/null || skip "no strace here"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which cannot be traced
	echo x | gives 0 tc-pool -l L -- echo
	echo x | gives 0 strace -qq -o trace -e trace=write,fdatasync tc-pool -l L -- echo
	awk '/^fdatasync/ { synced = 1 } /^write\(1,/ && !synced { bad = 1 } /^write\(1,/ { n++ } END { exit bad || !n }' trace
	# lines of another process, while both run: of tc-create alone, which starts nothing here
	serve --encoder "$ENCODER"
	gives 0 tc-create -l M http://h/a
	gives 0 strace -f -qq -o trace -e trace=write,fdatasync,sendto,pwrite64 tc-create -l M http://h/a
	awk '/fdatasync/ { synced = 1 } /write\(1,/ && !synced { bad = 1 } /write\(1,/ { n++ } END { exit bad || !n }' trace
	[ "$(stats .creates)" = 1 ]
}

@test "an item that has ended is run again, though its command left a process behind" {
	cat >work <<-'END'
		#!/bin/sh
		[ ! -e second ] || { echo done; exit 0; }
		setsid sleep 300 </dev/null >/dev/null 2>&1 3>&- &
		echo "$! $PWD/daemon.err" >>.started
		exit 75
	END
	chmod +x work
	echo x | gives 75 tc-pool -l L --retries 0 -- ./work {}
	[ "$(tail -n 1 L | jq -r .t)" = ended ]
	touch second
	echo x | BOUND=10 gives 0 tc-pool -l L --retries 0 -- ./work {}
	kill -0 "$(cut -d ' ' -f 1 .started)"
	[ "$(jq -r .value out)" = "done" ]
}

@test "a pool waits for the one before it to end, if that does not take long" {
	printf '%s\n' a b >lines
	tc-pool -l L -- sh -c 'echo >>started; until [ -e gate ]; do sleep 0.02; done' <lines >first 2>first.err 3>&- &
	pid=$!
	until_true test -s started
	tc-pool --force-ledger -l L -- true <lines >out 2>err 3>&- &
	second=$!
	touch gate
	wait "$pid"
	wait "$second"
	[ "$(jq -r .ok out | xargs)" = 'true true' ]
}

@test "a ledger of the version before is read: what it knows is kept" {
	serve --encoder "$ENCODER"
	sources a 3 >lines
	gives 0 tc-create -l L <lines
	cp out first
	# its lines had no host, lock, synced
	while read -r line; do
		rest=$(sed -E 's/,"crc":.*//; s/,"(host|lock|synced)":("[^"]*"|[0-9]+)//g' <<<"$line")
		printf '%s,"crc":"%s"}\n' "$rest" "$(printf %s "$rest" | gzip -c | tail -c 8 | head -c 4 | od -An -tx4 --endian=little | tr -d ' ')"
	done <L >old
	mv old L && chmod 600 L
	run -1 grep -E '"(host|lock|synced)"' L
	gives 0 tc-create -l L <lines
	cmp first out
	[ "$(stats .creates)" = 3 ]
}

@test "every tool reports a file that may not grow with 74; a command of a pool still dies of it" {
	serve --encoder "$ENCODER"
	sources a 60 >lines
	gives 0 tc-create --quiet <lines
	cp out made
	gives 0 tc-wait --quiet <made
	cp out ended
	# limited INPUT TOOL...: its output may have 1 KiB
	limited() {
		local in=$1 got=0
		shift
		# shellcheck disable=SC2238 # a file called cut
		(ulimit -f 1 && exec "$@" <"$in" >cut) 2>&1 | cat >err
		got=${PIPESTATUS[0]}
		[ "$got" = 74 ] || { echo "status $got, not 74: $*" && cat err && return 1; }
		grep -q 'File too large' err
	}
	limited lines tc-create
	limited made tc-wait
	limited ended tc-url
	limited made tc-cancel
	limited lines tc-pool -- echo
	limited ended tc-report --csv
	limited lines tc-profile show ffmpeg-micro
	limited lines tc-pool --help
	limited lines sh -c 'tc-pool -l M -- true >&2'
	gives 0 tc-pool -l M -- true <lines
	[ "$(jq -r .ok out | sort | uniq -c | xargs)" = '60 true' ]
	(ulimit -f 1 && tc-pool -- sh -c 'head -c 9999 /dev/zero >big' <<<x) >out 2>err || true
	[ "$(jq -r .error.code out)" = signal ] || [ "$(jq -r .exit out)" = 153 ]
}
