#!/usr/bin/env bats
# tc-pool: which try is the last: retries, throttles, what is final and what is not.

load helper
load pool

# ---------------------------------------------------------------- verdicts

@test "exit 75 is tried again under the same key, and counts its tries" {
	flaky 1 75
	printf 'a\nb\n' | tc-pool -- ./flaky > out 2> err
	[ "$(jq -s -c 'map([.value, .attempts])' out)" = '[[2,2],[2,2]]' ]
	[ "$(awk '{print $1, $3}' tries | sort -u | wc -l)" -eq 2 ]
}

@test "a waiting item holds no slot" {
	flaky 1 75
	# with one slot and a wait between its tries, the second item goes ahead
	cat > first <<-'END'
		#!/bin/sh
		echo "$TC_INDEX" >> order
		[ "$TC_INDEX$TC_ATTEMPT" != 01 ] || exit 75
	END
	chmod +x first
	seq 2 | tc-pool -j 1 -- ./first > out 2> err
	[ "$(tr '\n' ' ' < order)" = '0 1 0 ' ]
}

@test "--retries bounds it, and what is left over is temporary: 75" {
	flaky 9 75
	run -75 --separate-stderr tc-pool --retries 1 -- ./flaky <<< x
	[ "$(jq -c '[.attempts, .exit, .error.code, .error.temporary]' <<< "$output")" = '[2,75,"exit",true]' ]
	run -75 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 1 ]
}

@test "any other failure is permanent unless --retry-on names it" {
	flaky 1 9
	run -1 --separate-stderr tc-pool -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 1 ]
	run -0 --separate-stderr tc-pool --retry-on 3,8-10 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
	run -0 --separate-stderr tc-pool --retry-on signal -- sh -c '[ $TC_ATTEMPT != 1 ] || kill -SEGV $$' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a record that says temporary is tried again" {
	run -0 --separate-stderr tc-pool -- sh -c '
		[ $TC_ATTEMPT = 2 ] || { echo "{\"ok\":false,\"error\":{\"code\":\"unavailable\",\"message\":\"m\",\"temporary\":true}}"; exit 1; }' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a throttled try does not use up --retries: by status, by stderr, by record" {
	flaky 1 9
	run -0 --separate-stderr tc-pool --retries 0 --throttle-on 9 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
	flaky 1 22 'curl: (22) The requested URL returned error: 429'
	run -0 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	flaky 1 1 'HTTP/1.1 429 Too Many Requests'
	run -0 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	flaky 1 1 'SLOW DOWN, please'
	run -0 --separate-stderr tc-pool --retries 0 --throttle-match '^SLOW (DOWN|UP)' -- ./flaky <<< x
	run -1 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	run -0 --separate-stderr tc-pool --retries 0 -- sh -c '
		[ $TC_ATTEMPT = 2 ] || { echo "{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"m\",\"temporary\":true}}"; exit 75; }' <<< x
}

@test "--retry-match: what stderr says of the cluster makes a try unavailable, also with status 0" {
	flaky 1 0 'srun: error: Node failure on n1'
	run -0 --separate-stderr tc-pool --max-throttle 1s -- ./flaky <<< x
	[ "$(jq -c '[.ok, .attempts]' <<< "$output")" = '[true,2]' ]
	run -75 --separate-stderr tc-pool --retries 0 -- sh -c 'echo half; echo "srun: error: Node failure on n1" >&2' <<< x
	[ "$(jq -c '[.ok, .error.code, .error.temporary, .error.exit, .value]' <<< "$output")" = '[false,"unavailable",true,0,"half"]' ]
	run -75 --separate-stderr tc-pool --retries 0 -l ledger --retry-match '^stale' -- sh -c 'echo stale handle >&2; exit 3' <<< x
	[ "$(jq -c '[.error.code, .error.exit]' <<< "$output")" = '["unavailable",3]' ]
	run -0 --separate-stderr tc-pool -l ledger2 --retry-match '' -- sh -c 'echo "srun: error: Node failure on n1" >&2' <<< x
}

@test "--retry-match: a copy that ends without an answer is judged by it" {
	cat > copy <<-'END'
		#!/bin/sh
		while read -r line; do
			if mkdir seen 2> /dev/null; then
				echo 'srun: error: Node failure on n1' >&2
				exit 0
			fi
			echo "got $line"
		done
	END
	chmod +x copy
	run -0 --separate-stderr tc-pool -c -j 1 -- ./copy <<< x
	[ "$(jq -c '[.value, .attempts]' <<< "$output")" = '["got x",2]' ]
	rmdir seen
	run -75 --separate-stderr tc-pool -c -j 1 --retries 0 -- ./copy <<< x
	[ "$(jq -r .error.code <<< "$output")" = unavailable ]
}

@test "--shard K/N does every Nth line, with the index and key of the whole" {
	printf 'a\nb\na\na\n{"x":1}\nb\n{"index":6,"ok":false,"error":{"code":"exit","message":"m"}}\n{bad\na\n' > lines
	run -1 --separate-stderr tc-pool -- sh -c 'echo $TC_INDEX $TC_IDEMPOTENCY_KEY' < lines
	printf '%s\n' "$output" | jq -c 'del(.seconds)' > whole
	for k in 1 2 3; do
		tc-pool --shard $k/3 -- sh -c 'echo $TC_INDEX $TC_IDEMPOTENCY_KEY' < lines > part.$k 2> err.$k || [ $? = 1 ]
		[ "$(wc -l < part.$k)" = 3 ]
	done
	grep -qx '3 in: 3 ok, 0 failed, 0 not attempted' err.3
	paste -d '\n' part.1 part.2 part.3 | sed '/^$/d' | jq -c 'del(.seconds)' | cmp - whole
	run -1 --separate-stderr tc-report --merge=9 part.2 part.3 part.1
	printf '%s\n' "$output" | jq -c 'del(.seconds)' | cmp - whole
	run -0 --separate-stderr tc-pool --shard 12/12 -- echo {} < lines
	[ -z "$output" ]
	seq 9 | tc-pool --shard 2/4 -n -- echo {} > dry
	[ "$(jq -c '[.index, .argv[1]]' dry | tr -d '\n')" = '[1,"2"][5,"6"]' ]
}

@test "--shard: each part has a ledger of its own, and another part's is refused" {
	seq 20 > lines
	tc-pool --shard 2/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines > first
	tc-pool --shard 2/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines | cmp - first
	[ "$(wc -l < ran)" = 5 ]
	run -78 tc-pool --shard 2/5 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	run -78 tc-pool --shard 1/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	run -78 tc-pool -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	for value in 0/3 4/3 1 1/ /2 x/3 1/3x 1/0 -1/3 1/1000001 ''; do
		run -64 --separate-stderr tc-pool --shard "$value" -- true < lines
		[[ "$stderr" = *'expected K/N'* ]]
	done
}

@test "--shard: unordered, raw, in a small window and with --halt" {
	[ "$(seq 9 | tc-pool --quiet -u -j 3 --shard 3/3 -- echo {} | jq -r .value | sort | tr -d '\n')" = 369 ]
	[ "$(seq 9 | tc-pool --quiet -R --shard 3/3 -- echo {} | tr -d '\n')" = 369 ]
	[ "$(seq 99 | tc-pool --quiet --window 1 --shard 7/10 -- echo {} | jq -r .value | tr '\n' ' ')" = '7 17 27 37 47 57 67 77 87 97 ' ]
	seq 9 | tc-pool --quiet -j 1 --shard 3/3 --halt soon,fail=1 -- false > out || [ $? = 1 ]
	[ "$(jq -r .error.code out | tr '\n' ' ')" = 'exit not_attempted not_attempted ' ]
}

@test "--no-placeholders: braces are the command's own, also those of a pool in a copy" {
	[ "$(seq 2 | tc-pool --quiet --no-placeholders -- sed 's/$/{}/' | jq -r .value | tr '\n' ' ')" = '1{} 2{} ' ]
	printf '{"src":"a"}\n{"src":"b"}\n' | tc-pool --quiet -c -j 2 --no-placeholders -- tc-pool --quiet -j 1 -- echo {.src} > out
	[ "$(jq -c '[.index, .ok, .value.value]' out | tr -d '\n')" = '[0,true,"a"][1,true,"b"]' ]
	run -64 --separate-stderr tc-pool -c -- tc-pool -- echo {.src} < /dev/null
	[[ "$stderr" = *'--no-placeholders'* ]]
	seq 2 | tc-pool --quiet -l ledger --no-placeholders -- cat {} > out || [ $? = 1 ]
	run -78 tc-pool -l ledger -- cat {} < /dev/null
}

@test "a throttle stops every start until what the record asked for has passed, then there is one probe" {
	cat > service <<-'END'
		#!/bin/sh
		now=$(date +%s%N)
		echo "$now start $TC_INDEX $TC_ATTEMPT" >> log
		if [ "$TC_ATTEMPT" = 1 ] && [ "$TC_INDEX" -lt 3 ]; then
			until [ "$(wc -l < log)" -ge 3 ]; do :; done
			echo '{"ok":false,"error":{"code":"throttled","message":"m","temporary":true,"retry_after":1}}'
			exit 75
		fi
	END
	chmod +x service
	seq 6 | tc-pool -j 3 -- ./service > out 2> err
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 6 ]
	# the first three at most ran before the pause; after it one came alone
	awk 'NR == 1 {first = $1}
	     $1 - first < 1000000000 {early++}
	     $1 - first >= 1000000000 {late++}
	     END {exit !(early <= 3 && early + late == NR && late >= 6)}' log
	awk '$4 == 2 {print $1; exit}' log > probe
	[ -s probe ]
}

@test "a line that is always throttled goes behind the others: the next probe is another line" {
	printf '%s\n' bad a b c > in
	run -75 --separate-stderr tc-pool -j 1 --max-throttle 1s --throttle-on 9 -- sh -c 'echo {} >> log; [ {} != bad ] || exit 9' < in
	[ "$(sed -n 1,2p log | xargs)" = 'bad a' ]
	[ "$(jq -s -c 'map([.input, .ok])' <<< "$output")" = '[["bad",false],["a",true],["b",true],["c",true]]' ]
	[ "$(grep -c '^[abc]$' log)" = 3 ]
}

@test "over --max-throttle the run stops, says how to go on, and exits 75" {
	seq 5 > in
	run -75 --separate-stderr tc-pool --max-throttle 300ms --throttle-on 9 -- sh -c 'exit 9' < in
	[ "$(jq -s length <<< "$output")" -eq 5 ]
	[ "$(jq -s -c 'map(.error.code) | unique - ["throttled", "not_attempted"]' <<< "$output")" = '[]' ]
	[ "$(jq -s -c '.[0].error | [.code, .temporary]' <<< "$output")" = '["throttled",true]' ]
	grep -q 'Run the lines that are not ok again' <<< "$stderr"
	# a service that asks for more than that is not slept for
	run -75 --separate-stderr tc-pool --max-throttle 1m -- sh -c '
		echo "{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"m\",\"temporary\":true,\"retry_after\":86400}}"; exit 75' < in
	[ "$(jq -s -c '.[0].error.retry_after' <<< "$output")" = 86400 ]
	grep -Eq '^tc-pool: nothing may start for [0-9]{5,6} s more$' <<< "$stderr"
}

@test "plain curl -f against a service that allows 10 a second with bursts of 20" {
	command -v tc-serve curl > /dev/null || skip 'needs tc-serve and curl'
	serve --rate 20 --burst 20
	seq 120 > in
	start=$(date +%s%N)
	tc-pool -j 10 -- curl -fsS -o /dev/null -H "Authorization: Bearer $TC_LOCAL_API_KEY" "$TC_BASE_URL/v1/transcodes?limit=1&n={}" < in > out 2> err || { cat err; head -n 3 out; false; }
	took=$((($(date +%s%N) - start) / 1000000))
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 120 ]
	refused=$(jq -s 'map(.attempts) | add - 120' out)
	echo "# $took ms, $refused answers 429" >&3
	[ "$refused" -gt 0 ]
	[ "$refused" -lt 48 ]
	# ideal: 100 beyond the burst at 20 a second; pauses weigh more in so short a run
	[ "$took" -lt 10000 ]
}

@test "--timeout ends the whole group with TERM, and KILL if that is not heard" {
	run -1 --separate-stderr tc-pool --timeout 100ms -j 2 -- sh -c 'echo $$ >> pids; sleep 60 & echo $! >> pids; wait' <<< x
	[ "$(jq -c '[.error.code, .error.temporary, .signal]' <<< "$output")" = '["timeout",false,"TERM"]' ]
	for pid in $(cat pids); do until_true gone "$pid"; done
	run -1 --separate-stderr tc-pool --timeout 100ms -- sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1; done' <<< x
	[ "$(jq -c '[.error.code, .signal]' <<< "$output")" = '["timeout","KILL"]' ]
	for pid in $(cat pids); do until_true gone "$pid"; done
	run -0 --separate-stderr tc-pool --timeout 300ms --retry-on timeout -- sh -c '[ $TC_ATTEMPT != 1 ] || sleep 60' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a grandchild that keeps stdout open stalls nobody, and is killed with its group" {
	start=$(date +%s)
	run -0 --separate-stderr tc-pool -- sh -c 'sleep 60 & echo $!' <<< x
	[ $(($(date +%s) - start)) -lt 10 ]
	until_true gone "$(jq .value <<< "$output")"
}

@test "a child that closes its stdout is not done before it has ended" {
	run -1 --separate-stderr tc-pool -- sh -c 'exec >&- 2>&-; : > closed; while [ ! -e go ]; do [ -e closed ] && : > go; done; exit 3' <<< x
	[ "$(jq -c .exit <<< "$output")" = 3 ]
}

@test "--halt soon lets what runs finish, now ends it, never goes on" {
	seq 20 > in
	run -1 --separate-stderr tc-pool -j 1 --halt soon,fail=2 -- sh -c 'exit $(($1 % 2))' _ {} < in
	[ "$(jq -s -c 'map(.error.code) | group_by(.) | map([.[0], length])' <<< "$output")" = '[[null,1],["exit",2],["not_attempted",17]]' ]
	mkfifo gate
	printf '%s\n' 1 2 3 > in
	start=$(date +%s)
	run -1 --separate-stderr tc-pool -j 2 --halt now,fail=1 -- sh -c '
		[ "$1" != 1 ] || { : > up; exec sleep 60; }
		while [ ! -e up ]; do sleep 0.01; done; exit 7' _ {} < in
	[ $(($(date +%s) - start)) -lt 30 ]
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '["interrupted","exit","not_attempted"]' ]
	seq 10 > in
	run -1 --separate-stderr tc-pool -j 1 --halt soon,fail=30% -- sh -c 'exit 1' < in
	[ "$(jq -s -c 'map(select(.error.code == "exit")) | length' <<< "$output")" -eq 3 ]
	run -1 --separate-stderr tc-pool -j 1 --halt never -- sh -c 'exit 1' < in
	[ "$(jq -s -c 'map(select(.error.code == "exit")) | length' <<< "$output")" -eq 10 ]
}

@test "a mix of temporary and permanent failures is 1, temporary ones alone are 75" {
	run -1 tc-pool --retries 0 -- sh -c 'exit $1' _ {} <<< $'75\n3'
	run -75 tc-pool --retries 0 -- sh -c 'exit $1' _ {} <<< $'75\n0'
	run -0 tc-pool -- true < /dev/null
}

# ---------------------------------------------------------------- no success without an answer

@test "a pipe whose first command fails is no success: a filter that reads no line in a pool fails" {
	serve --encoder "$ENCODER"
	echo https://example.com/a.mp4 > in
	run -1 --separate-stderr tc-pool -- sh -c 'tc-create --typo | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .error.code, .exit]' <<< "$output")" = '[false,"exit",1]' ]
	jq -r .error.stderr <<< "$output" | grep -q 'tc-url: no input lines'
	for filter in tc-create tc-wait tc-url tc-cancel; do
		run -1 --separate-stderr env TC_IDEMPOTENCY_KEY=k $filter < /dev/null
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = "$filter: no input lines: the previous command in the pipe failed or printed nothing" ]
		# elsewhere nothing in is nothing out
		run -0 $filter < /dev/null
	done
	# copies have no item of their own
	run -0 --separate-stderr tc-pool -c -j 2 -- sh -c 'tc-create | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .value.ok]' <<< "$output")" = '[true,true]' ]
	# the form of the manual passes on what tc-create says
	run -77 --separate-stderr env TC_LOCAL_API_KEY= tc-pool -- sh -c 'job=$(tc-create) && printf "%s\n" "$job" | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .exit]' <<< "$output")" = '[false,77]' ]
}

@test "a command that writes nothing where others write JSON is worth a warning" {
	seq 4 > in
	run -0 --separate-stderr tc-pool -- sh -c '[ "$1" = 3 ] || echo "{}"' _ {} < in
	[ "${stderr_lines[0]}" = "tc-pool: line 3: the command wrote nothing, where others wrote JSON (in sh, only the status of a pipe's last command counts)" ]
	[ "${stderr_lines[1]}" = '4 in: 4 ok, 0 failed, 0 not attempted' ]
	for quiet in 'true' 'echo word' '[ "$1" = 1 ] && echo word; [ "$1" = 2 ] || echo "{}"' 'echo "{}"'; do
		run -0 --separate-stderr tc-pool -- sh -c "$quiet" _ {} < in
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

# ---------------------------------------------------------------- final by its own doing only

# done_in LEDGER: how many items are done there
done_in() {
	jq -s 'map(select(.t == "done")) | length' "$1"
}

@test "a child that others end is interrupted: temporary, not done, run again under the same key" {
	local how
	for how in 'kill -TERM $$' 'kill -KILL $$' 'kill -HUP $$' 'exit 129' 'exit 130' 'exit 131' 'exit 137' 'exit 143'; do
		rm -f L keys up
		printf 'echo "$TC_IDEMPOTENCY_KEY" >> keys; [ -e up ] || %s; echo fine\n' "$how" > work
		run -75 --separate-stderr tc-pool -l L --retries 0 -- sh ./work {} <<< x
		[ "$(jq -c '[.error.code, .error.temporary, .attempts]' <<< "$output")" = '["interrupted",true,1]' ]
		grep -q 'from outside' <<< "$output"
		[ "$(done_in L)" -eq 0 ]
		: > up
		run -0 --separate-stderr tc-pool -l L -- sh ./work {} <<< x
		[ "$(sort -u keys | wc -l)" -eq 1 ]
		[ "$(done_in L)" -eq 1 ]
	done
	# in the same run it is tried again as what failed for a time is
	run -0 --separate-stderr tc-pool -- sh -c '[ $TC_ATTEMPT = 2 ] || kill -KILL $$' _ {} <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "what fails while the pool is being stopped was interrupted" {
	seq 2 > in
	# the child is the one that ends us, and knows no better status
	run -143 --separate-stderr tc-pool -l L -j 1 -- sh -c '[ -e up ] || { kill -TERM $PPID; exit 255; }' _ {} < in
	[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[["interrupted",true],["not_attempted",true]]' ]
	[ "$(done_in L)" -eq 0 ]
	: > up
	run -0 --separate-stderr tc-pool -l L -j 1 -- sh -c '[ -e up ] || { kill -TERM $PPID; exit 255; }' _ {} < in
	[ "$(done_in L)" -eq 2 ]
}

@test "what failed in the second before the pool is told to stop was interrupted too" {
	# the pool gets its signal a fifth of a second after its child has gone; if the machine stalls, once more
	local wanted='["interrupted",true,255]'
	cat > work <<-'END'
		#!/bin/sh
		setsid sh -c 'more=x; while [ "$more" ]; do read -r first more < /proc/$1/task/$1/children; done; sleep 0.2; kill -TERM $1; : > told' _ $PPID > /dev/null 2>&1 &
		exit 255
	END
	chmod +x work
	for try in 1 2 3 4 5; do
		rm -f L told
		run -143 --separate-stderr tc-pool -l L -- ./work {} < <(echo x; exec 2> /dev/null; until [ -e told ]; do sleep 0.05; done)
		[ "$(jq -c '[.error.code, .error.temporary, .exit]' <<< "$output")" != "$wanted" ] || break
	done
	[ "$(jq -c '[.error.code, .error.temporary, .exit]' <<< "$output")" = "$wanted" ]
	[ "$(done_in L)" -eq 0 ]
	# it got no signal: the failure is final
	run -1 --separate-stderr tc-pool -l M -- sh -c 'exit 255' _ {} <<< x
	[ "$(jq -c '[.error.code, .error.temporary]' <<< "$output")" = '["exit",false]' ]
	[ "$(done_in M)" -eq 1 ]
	# and a held failure counts for --halt immediately
	seq 20 > in
	run -1 --separate-stderr tc-pool -l N -j 1 --halt soon,fail=2 -- sh -c 'exit $(($1 % 2))' _ {} < in
	[ "$(jq -s -c 'map(.error.code) | group_by(.) | map([.[0], length])' <<< "$output")" = '[[null,1],["exit",2],["not_attempted",17]]' ]
}

@test "in that second it does not matter how the command failed, nor that nothing more is started" {
	cat > work <<-'END'
		#!/bin/sh
		read -r how
		setsid sh -c 'more=x; while [ "$more" ]; do read -r first more < /proc/$1/task/$1/children; done; sleep 0.2; kill -TERM $1; : > told' _ $PPID > /dev/null 2>&1 &
		case $how in
		signal) kill -PIPE $$ ;;
		record) echo '{"ok":false,"error":{"code":"exit","message":"m","temporary":false}}' ;;
		status) exit 1 ;;
		esac
	END
	chmod +x work
	local row how opts wanted='["interrupted",true]'
	for row in signal record 'status --halt soon,fail=1' 'status --halt now,fail=1' 'silent -c'; do
		read -r how opts <<< "$row"
		for try in 1 2 3 4 5; do
			rm -f L told
			# shellcheck disable=SC2086 # several words
			run -143 --separate-stderr tc-pool -l L $opts -- ./work < <(echo "$how"; exec 2> /dev/null; until [ -e told ]; do sleep 0.05; done)
			[ "$(jq -c '[.error.code, .error.temporary]' <<< "$output")" != "$wanted" ] || break
		done
		echo "$row: $output"
		[ "$(jq -c '[.error.code, .error.temporary]' <<< "$output")" = "$wanted" ]
		[ "$(done_in L)" -eq 0 ]
	done
}

@test "a command that is missing for a moment is waited for, and one that stays away stops the run with 75" {
	printf '#!/bin/sh\n[ "$1" != 2 ] || [ -e once ] || { : > once; mv work away; (sleep 0.3; mv away work) > /dev/null 2>&1 & }\n' > work
	chmod +x work
	seq 4 > in
	run -0 --separate-stderr tc-pool -j 1 -- ./work {} < in
	[ "$(jq -s -c 'map(.attempts)' <<< "$output")" = '[1,1,1,1]' ]
	rm -f once
	printf '#!/bin/sh\n[ -e once ] || { : > once; mv work away; }\n' > work
	run -75 --separate-stderr tc-pool -l L --max-throttle 300ms -j 1 -- ./work {} < in
	[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[null,["unavailable",true],["not_attempted",true],["not_attempted",true]]' ] ||
		[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[[null,null],["unavailable",true],["not_attempted",true],["not_attempted",true]]' ]
	grep -q '^tc-pool: ./work: No such file or directory: stopped' <<< "$stderr"
	mv away work
	run -0 --separate-stderr tc-pool -l L -j 1 -- ./work {} < in
	[ "$(done_in L)" -eq 4 ]
}

@test "a file that is not a program is wrong usage, and no line is run" {
	printf 'no first line\n' > work
	printf '#!/no/such/interpreter\n' > script
	chmod +x work script
	for command in ./work ./script; do
		rm -f L
		run -64 --separate-stderr tc-pool -l L -- $command {} <<< $'a\nb'
		[ "$(jq -s -c 'map(.error.temporary)' <<< "$output")" = '[true,true]' ]
		[ "$(done_in L)" -eq 0 ]
	done
}

@test "a refused key stops the pool with 77, an exhausted quota with 1, and their items stay to be done" {
	for code in unauthorized quota; do
		printf '{"ok":false,"error":{"code":"%s","message":"m","temporary":false}}\n' $code > $code
	done
	seq 5 > in
	while read -r status what; do
		rm -f L up
		printf '[ ! -e up ] || exit 0\n[ "$1" != 2 ] || { %s; }\n' "$what" > work
		run -"$status" --separate-stderr tc-pool -l L -j 1 -- sh ./work {} < in
		[ "$(jq -s -c 'map(.error.code == "not_attempted")' <<< "$output")" = '[false,false,true,true,true]' ]
		[ "$(done_in L)" -eq 1 ]
		grep -q '^tc-pool: line 2: .*: stopped' <<< "$stderr"
		: > up
		run -0 --separate-stderr tc-pool -l L -j 1 -- sh ./work {} < in
		[ "$(done_in L)" -eq 5 ]
	done <<-END
		77 exit 77
		77 exit 78
		77 cat unauthorized; exit 1
		77 cat unauthorized
		1 cat quota; exit 1
	END
}
