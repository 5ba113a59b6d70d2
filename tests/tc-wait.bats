#!/usr/bin/env bats
# tc-wait: which lines name a job, how each job's end is told, and what a poll
# that fails means. Broken replies are in faults.bats.

load helper
load fake

# make SOURCE...: creates jobs, their records in ./made.
make_jobs() {
	tc-create --quiet "$@" >made
}

# What the only answer of a service is, whatever it is asked.
always() {
	fake --fault status:200 --on get --body "$1"
}

@test "jobs that end out of order come out in input order" {
	fake
	make_jobs https://h/polls6-a https://h/polls1-b https://h/polls3-c
	gives 0 tc-wait <made
	[ "$(jq -r .input out)" = "$(jq -r .input made)" ]
	jq -se 'all(.ok and .status == "completed" and .state == "succeeded" and .job.status == "completed")' out
	[ "$(stats .gets)" = 10 ]
}

@test "on a terminal: how far the jobs are, where the service says" {
	script --version 2>&1 | grep -q util-linux || skip 'script(1) is not the one of util-linux'
	service transcodely
	always '{"job":{"id":"x","status":"processing","progress":40}}'
	TERM=xterm script -qec 'tc-wait --deadline 2s one two' /dev/null </dev/null >screen || true
	grep -qaE 'tc-wait: 0 done, 0 failed, 2 running, 0 queued, 40 % through' screen
}

@test "-u writes them as they end" {
	fake
	make_jobs https://h/polls8-a https://h/polls1-b
	gives 0 tc-wait -u <made
	[ "$(jq -r .index out | tr '\n' ' ')" = "1 0 " ]
}

@test "each end has its code, on both services" {
	fake
	make_jobs https://h/ok https://h/fail https://h/cancel https://h/cancelled
	gives 1 tc-wait <made
	[ "$(jq -r '[.state, .status, .error.code // "-"] | join(" ")' out)" = "$(printf '%s\n' 'succeeded completed -' 'failed failed job_failed' \
		'canceled canceled job_canceled' 'canceled cancelled job_canceled')" ]
	[ "$(sed -n 2p out | jq -r .job.error_message)" = "$(printf 'Invalid data \033[31mfound when processing input')" ]
	lacks "$(printf '\033')" err
	service transcodely
	make_jobs https://h/ok https://h/fail https://h/cancelled https://h/partial https://h/blocked
	gives 1 tc-wait <made
	[ "$(jq -r '[.state, .status, .error.code // "-"] | join(" ")' out)" = "$(printf '%s\n' 'succeeded completed -' 'failed failed job_failed' \
		'canceled cancelled job_canceled' 'partial partial job_partial' 'blocked awaiting_confirmation job_blocked')" ]
	sed -n 2p out | jq -e '.error | .reason == "decode_error" and .temporary == false and (.message | endswith("cannot decode"))'
	grep -q "line 2: https://h/fail: the job failed: cannot decode.* (job $(sed -n 2p made | jq -r .id))$" err
	gives 1 tc-wait --accept-partial <made
	sed -n 4p out | jq -e '.ok and .state == "partial" and (has("error") | not)'
}

@test "bare ids are jobs; JSON literals and nothing are not" {
	fake
	make_jobs https://h/a https://h/b
	gives 0 tc-wait job_0001 job_0002
	[ "$(jq -r '.id, .input' out | sort -u | tr '\n' ' ')" = "job_0001 job_0002 " ]
	printf '%s\n' null true false '' . .. '"null"' '{"ok":true}' '{"ok":true,"id":""}' '{"ok":true,"id":null}' '{"ok":true,"id":"a","id":"b"}' \
		'{"ok":true,"id":["a"]}' '{"id":' '{"ok":true,"id":"..","x":1}' '["job_0001"]' '{"ok":true,"id":"a\u0000"}' >lines
	gives 1 tc-wait <lines
	[ "$(wc -l <out)" = 16 ]
	jq -se 'all(.error.code == "invalid_input")' out
	[ "$(stats .gets)" = 2 ]
}

@test "a record of another provider is refused, one without is taken" {
	fake
	make_jobs https://h/a
	gives 1 tc-wait -p ./transcodely.json <made
	jq -e '.error.code == "invalid_input" and (.error.message | contains("provider"))' out
	gives 0 tc-wait '{"id":"job_0001","mine":0.10}'
	grep -q '^{"id":"job_0001","mine":0.10,"ok":true,' out
}

@test "an id is percent-encoded into the path, and quoted into a body" {
	fake --log requests
	make_jobs https://h/oddid
	gives 0 tc-wait <made
	grep -q 'GET /v1/transcodes/a%2F..%2Fb%20c%3F1%23 HTTP' requests
	gives 1 tc-wait '../../admin' 'a"b'
	grep -q 'GET /v1/transcodes/..%2F..%2Fadmin HTTP' requests
	service transcodely
	make_jobs https://h/oddid
	gives 0 tc-wait <made
	gives 1 tc-wait 'a","x":"'
	jq -e '.error.code == "rejected" and .error.http == 404' out
}

@test "the record is updated in place, the job is the service's own bytes" {
	fake
	echo '{ "n":12345678901234567890, "status" : "pending","ok":true,"id":"job_0001" , "x":0.10,"job":{"old":1} }' >lines
	make_jobs https://h/a
	gives 0 tc-wait <lines
	grep -q '^{ "n":12345678901234567890, "status" : "completed","ok":true,"id":"job_0001" , "x":0.10,"job":{"id":"job_0001",' out
	grep -qF ', "trace":12345678901234567890,"billable_minutes":0.10,' out
}

@test "ok false passes with the same bytes and is not asked about" {
	fake
	printf '%s\n' '{ "ok":false ,"id":"job_0001","n":1e400}' '{"ok":false,"error":{"code":"rejected","temporary":false}}' >lines
	gives 1 tc-wait <lines
	cmp out lines
	[ "$(stats .requests)" = 0 ]
	echo '{"ok":false,"error":{"code":"timeout","temporary":true}}' | gives 75 tc-wait
	echo '{"ok":false,"error":{"code":"not_attempted","temporary":false}}' | gives 75 tc-wait
}

@test "an unknown status counts as running, with one warning" {
	fake
	make_jobs https://h/polls4-unknownstatus-a https://h/polls5-unknownstatus-b
	gives 0 tc-wait <made
	[ "$(grep -c 'reticulating' err)" = 1 ]
}

@test "replies of older shapes are understood" {
	always '{"success":true,"jobId":"j","status":"completed","outputUrl":"x"}'
	gives 0 tc-wait j
	always '{"result":{"id":"j","status":"failed","error":"odd"}}'
	gives 1 tc-wait j
	jq -e '.error | .code == "job_failed" and .message == "the job failed: odd"' out
	service transcodely
	always '{"id":"j","status":"canceled"}'
	gives 1 tc-wait j
	jq -e '.error.code == "job_canceled"' out
}

@test "a reply without a status is bad_response" {
	always '{"message":"hello"}'
	gives 1 timeout 20 tc-wait --retries 0 j
	jq -e '.error | .code == "bad_response" and .http == 200' out
}

@test "one or two odd responses end no job, whatever they are: it is polled again" {
	local answer body
	for answer in 400 401 403 404 409 410 423 451 302 501 520 521 525 527 530 599; do
		fake --polls 4 --fault status:$answer --on get --after 2 --per-item 1 --header 'Location: https://login.example/'
		make_jobs https://h/a https://h/b
		gives 0 timeout 30 tc-wait <made || { echo "$answer"; return 1; }
	done
	# right after the create, when nothing has been accepted yet
	for answer in 403 404 409 410 423; do
		fake --polls 2 --fault status:$answer --on get --per-item 2
		make_jobs https://h/a https://h/b
		gives 0 timeout 30 tc-wait <made || { echo "$answer"; return 1; }
		grep -q 'line [12]: .*: told to: this may be temporary; trying again' err
		[ "$(grep -c 'trying again' err)" = 1 ]
	done
	for body in '' '<html>maintenance</html>' '{"message":"hello"}' '{"status":null}' '[]' null; do
		fake --polls 4 --fault status:200 --on get --after 2 --per-item 2 --body "$body"
		make_jobs https://h/a https://h/b
		gives 0 timeout 30 tc-wait <made || { echo "$body"; return 1; }
	done
}

@test "an odd response that persists ends the item, with the number of times it came" {
	fake --fault status:404 --on get
	gives 1 timeout 30 tc-wait --retries 2 job_1
	jq -e '.error | .code == "rejected" and .http == 404 and .temporary == false' out
	jq -r .error.message out | grep -x 'told to (3 times in [0-9]* s)'
	[ "$(stats .gets)" = 3 ]
	gives 1 timeout 30 tc-wait --retries 0 job_1
	[ "$(stats .gets)" = 4 ]
	# a record says that its job was made: reads may lag behind, so it is asked about for the settle time at least
	jq '.get.settle = "1500ms"' ffmpeg-micro.json >slow.json
	gives 1 timeout 30 tc-wait -p ./slow.json --retries 1 '{"ok":true,"id":"job_1"}'
	jq -r .error.message out | grep -x 'told to ([0-9]* times in [12] s)'
	fake --fault status:200 --on get --body '{"message":"hello"}'
	gives 1 timeout 30 tc-wait --retries 1 job_1
	jq -e '.error | .code == "bad_response" and (.message | contains("(5 times in "))' out
	fake --fault status:403 --on get
	seq -f job_%g 20 | gives 1 timeout 30 tc-wait --retries 1
	[ "$(stats .gets)" = 40 ]
}

@test "a key that was good is asked about once more: then the run stops; a single item does not stop it" {
	fake --polls 99 --fault status:401 --on get --after 10
	make_jobs https://h/a https://h/b
	gives 77 timeout 30 tc-wait <made
	jq -se 'all(.error.code == "unauthorized" or .error.code == "not_attempted")' out
	[ "$(stats .gets)" -ge 12 ]
	[ "$(stats .gets)" -le 14 ]
	# one that only its own job gets, while the others go on: that one is refused, not the key
	fake --polls 60 --fault status:401 --on get --every 2 --after 2
	make_jobs https://h/a
	gives 0 timeout 30 tc-wait <made
}

@test "a status that reads like an end is one, in any case and any profile; others go on" {
	local pair
	for pair in COMPLETED:succeeded Succeeded:succeeded done:succeeded error:failed ERRORED:failed Failed:failed CANCELLED:canceled Aborted:canceled; do
		always "{\"id\":\"j\",\"status\":\"${pair%:*}\"}"
		timeout 20 tc-wait j >out 2>err || [ $? = 1 ]
		[ "$(jq -r '[.status, .state] | join(":")' out)" = "$pair" ]
	done
	# the profile's own word wins
	jq '.states.done = "running" | .states.Error = "blocked"' ffmpeg-micro.json >own.json
	always '{"id":"j","status":"error"}'
	gives 1 tc-wait -p ./own.json j
	jq -e '.state == "blocked"' out
	always '{"id":"j","status":"done"}'
	gives 75 timeout 20 tc-wait -p ./own.json --timeout 200ms j
}

@test "a record of a wait that was given up is waited for again, others that failed are not" {
	fake --polls 3
	make_jobs https://h/a https://h/b https://h/c
	gives 75 tc-wait --timeout 1ms --interval 1s <made
	jq -c '.x = 0.5' out >given
	sed -i '2s/"timeout"/"interrupted"/; 3s/"timeout"/"not_attempted"/' given
	printf '%s\n' '{ "ok":false,"id":"job_0001","error":{"code":"rejected","temporary":false}}' \
		'{ "ok":false,"id":"job_0001","error":{"code":"unavailable","temporary":true}}' '{"ok":false,"error":{"code":"timeout","temporary":true}}' >others
	cat others >>given
	gives 1 tc-wait <given
	[ "$(jq -c '[.ok, .state, has("error")]' out | xargs)" = "[true,succeeded,false] [true,succeeded,false] [true,succeeded,false] [false,null,true] [false,null,true] [false,null,true]" ]
	[ "$(tail -n 3 out)" = "$(cat others)" ]
	[ "$(jq -c 'select(.ok) | [.input, .x]' out)" = "$(jq -c '[.input, 0.5]' made)" ]
	gives 0 tc-wait '{"error":{"code":"timeout"},"ok":false,"id":"job_0001"}'
	grep -q '^{"ok":true,"id":"job_0001","status":' out
}

@test "a poll that fails is not a job that fails" {
	fake --fault status:500 --per-item 2 --on get
	make_jobs https://h/a https://h/b
	gives 0 tc-wait <made
	[ "$(stats .gets)" = 6 ]
	fake --fault status:503
	gives 75 tc-wait --retries 1 job_1
	jq -e '.error | .code == "unavailable" and .temporary and .http == 503' out
	fake --fault status:404 --on get
	gives 1 tc-wait job_1
	jq -e '.error | .code == "rejected" and .http == 404' out
}

@test "--timeout and --deadline give up with timeout, 75, the record still usable" {
	fake
	make_jobs https://h/polls9999-a https://h/b
	gives 75 timeout 20 tc-wait --timeout 300ms <made
	sed -n 1p out | jq -e '.id == "job_0001" and .error.code == "timeout" and .error.temporary and (.state == "running")'
	sed -n 2p out | jq -e .ok
	gives 75 timeout 20 tc-wait --deadline 300ms <made
	[ "$(jq -r '.error.code // "ok"' out | tr '\n' ' ')" = "timeout ok " ]
	fake --fault never --on get
	gives 75 timeout 20 tc-wait --deadline 300ms job_0001
	jq -e '.error | .code == "timeout" or .code == "unavailable"' out
}

@test "intervals grow from --interval to --max-interval" {
	fake
	make_jobs https://h/polls9999
	gives 75 tc-wait --interval 50ms --max-interval 200ms --timeout 1s <made
	gets=$(stats .gets)
	[ "$gets" -ge 4 ]
	[ "$gets" -le 10 ]
	gives 64 tc-wait --interval x j
	gives 64 tc-wait --timeout -1 j
}

@test "no job is asked about before the first interval" {
	fake
	make_jobs https://h/a
	gives 75 tc-wait --interval 10s --timeout 200ms <made
	[ "$(stats .gets)" = 0 ]
}

@test "many jobs share a few connections" {
	fake --latency 2
	sources 200 | tc-create --quiet >made
	before=$(stats .connections)
	gives 0 tc-wait -j 4 <made
	[ "$(jq -s 'map(.ok) | length' out)" = 200 ]
	[ $(($(stats .connections) - before)) -le 8 ]
}

@test "a wrong key: a few requests, 77, ids kept" {
	fake --key right
	seq -f job_%g 200 | gives 77 tc-wait
	[ "$(wc -l <out)" = 200 ]
	[ "$(stats .requests)" -le 8 ]
	[ "$(wc -l <err)" -le 4 ]
	[ "$(jq -r .id out)" = "$(seq -f job_%g 200)" ]
}

@test "throttled polls wait as long as the service asks" {
	fake --fault status:429 --on get --first 2 --header 'Retry-After: 1'
	make_jobs https://h/a https://h/b
	gives 0 tc-wait <made
	fake --fault status:429 --on get --header 'Retry-After: 86400'
	seq -f job_%g 50 | gives 75 timeout 10 tc-wait --max-wait 2s
	[ "$(wc -l <out)" = 50 ]
	jq -se 'any(.[]; .error.retry_after >= 86400)' out
	[ "$(stats .requests)" -le 8 ]
}

@test "TERM: each line ends as interrupted, with its id; the status is 143" {
	fake
	sources 20 polls9999 | tc-create --quiet >made
	bash -c 'exec tc-wait <made >out 2>err' 3>&- &
	pid=$!
	until_true asked
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" = 143 ]
	[ "$(jq -r .id out)" = "$(jq -r .id made)" ]
	jq -se 'all(.error.code == "interrupted" and .error.temporary)' out
	# one line for all of them
	[ "$(tail -n 2 err)" = "20 jobs still running at the service: run it again to resume waiting
20 in: 0 ok, 20 failed, 0 not attempted" ]
	[ "$(wc -l <err)" = 3 ]
	fake --polls 9999
	sources 1234 | tc-create --quiet >made
	gives 75 tc-wait --deadline 1s <made
	grep -qx '1,234 jobs still running at the service: run it again to resume waiting' err
	[ "$(wc -l <err)" -le 4 ]
}

asked() {
	[ "$(stats .gets)" -ge 20 ]
}

@test "an unreachable service is 69, a full disk and a closed stdin 74" {
	fake
	make_jobs https://h/a
	run -74 bash -c 'tc-wait <made >/dev/full'
	run -74 bash -c 'tc-wait <&- >out'
	kill "$FAKE_PID"
	until_true gone "$FAKE_PID"
	gives 69 timeout 20 tc-wait --retries 0 <made
	jq -e '.id == "job_0001" and .error.temporary' out
}
