#!/usr/bin/env bats
# A service at its worst, beyond lost creates (faults.bats): odd answers, TLS,
# rate limits, and nobody there.
# Slow: most of its runs wait before they ask again.

load helper
load fake

@test "unusual but valid responses are accepted: 1xx first, chunked, gzip, a byte at a time" {
	local fault name
	for name in ffmpeg-micro transcodely; do
		service $name
		for fault in 1xx chunked gzip drip; do
			fake --fault $fault
			tc-create --quiet https://h/a https://h/b | tc-wait --quiet | gives 0 timeout 20 tc-url || { echo "$name $fault"; return 1; }
			[ "$(stats .jobs)" = 2 ]
		done
	done
}

@test "a byte order mark, half a surrogate pair: read as RFC 8259 lets a receiver, the job kept as its own bytes" {
	local fault name
	for name in ffmpeg-micro transcodely; do
		service $name
		for fault in bom surrogate; do
			fake --fault $fault
			rm -f L
			tc-create --quiet -l L https://h/a https://h/b >made
			# the ledger is read back, and each tool reads what the one before wrote
			tc-create --quiet -l L https://h/a https://h/b | tc-wait --quiet -l L | gives 0 timeout 20 tc-url -l L
			[ "$(stats .jobs)" = 2 ]
			[ $fault = bom ] || [ "$(grep -cF '"title":"clip \ud83d","id":' out)" = 2 ]
			tc-pool --quiet -- tc-wait --quiet <made >pooled
			[ "$(grep -c '"ok":true,"value":{"index":' pooled)" = 2 ]
		done
	done
	fake --fault surrogate --on create --commit no --first 9
	printf '%s\n' '"half \ud83d"' '{"inputs":[{"url":"half \ud83d"}]}' | gives 1 tc-create
	[ "$(outcome)" = invalid_input ]
}

# on_get FAULT CODES STATUS
on_get() {
	fake --fault "$1" --on get
	gives "$3" timeout 20 tc-wait --retries 0 job_1 job_2 || { echo "on_get $*"; return 1; }
	if ! [[ $(wc -l <out) = 2 && $(outcome) =~ ^($2)$ ]]; then
		echo "on_get $*: $(outcome)"
		cat out
		return 1
	fi
	jq -se 'map(.id) == ["job_1","job_2"]' out >/dev/null
}

@test "a poll that never succeeds reports its code and status, and keeps the ids" {
	on_get close 'not_attempted unavailable|unavailable' 69
	on_get rst 'not_attempted unavailable|unavailable' 69
	on_get half-head 'bad_response|unavailable' 75
	on_get truncate unavailable 75
	on_get malformed bad_response 75
	on_get html bad_response 75
	on_get empty bad_response 75
	on_get status:500 unavailable 75
	on_get status:404 rejected 1
	on_get status:418 rejected 1
	on_get status:200 bad_response 1
	on_get flood bad_response 1
}

@test "a poll that fails one time in four recovers" {
	local fault
	for fault in rst truncate malformed html status:502 never; do
		fake --fault $fault --on get --every 4
		jq '.timeout = "500ms" | .pace.backoff = "20ms" | .poll = {first: "20ms", factor: 1.2, cap: "50ms"}' \
			"$ROOT/lib/profiles/ffmpeg-micro.json" >ffmpeg-micro.json
		sources 6 polls3 | tc-create --quiet >made
		gives 0 timeout 30 tc-wait -j 6 <made || { echo "$fault"; return 1; }
	done
}

@test "a response of 64 MiB is bad_response, and takes less than 48 MiB of memory" {
	local fault
	for fault in big big-length; do
		fake --fault $fault --on get
		gives 1 timeout 20 tc-wait -j 1 --retries 1 job_1
		jq -e '.error | .code == "bad_response" and (.message | contains("16 MiB"))' out
		gives 1 within 48 tc-wait -j 1 --retries 1 job_1
		fake --fault $fault --on create --commit no
		gives 1 within 48 tc-create -j 1 --retries 1 https://h/a
		[ "$(outcome)" = bad_response ]
		fake --fault $fault --on create --commit yes
		gives 0 tc-create https://h/a # looked up
		[ "$(stats .jobs)" = 1 ]
	done
}

# within MIB COMMAND...: exit status 99 if it took more memory than that.
within() {
	local mib=$1 status=0
	shift
	peak peak.kib "$@" || status=$?
	sanitized || [ "$(cat peak.kib)" -le $((mib * 1024)) ] || { echo "$(cat peak.kib) KiB" >&2; return 99; }
	return $status
}

@test "a request that is never answered ends as unavailable or in_doubt at its timeout, not later" {
	jq '.timeout = "500ms"' ffmpeg-micro.json >short.json
	fake --fault never
	gives 69 timeout 10 tc-wait -p ./short.json --retries 1 job_1
	[ "$(outcome)" = unavailable ]
	gives 69 timeout 10 tc-url -p ./short.json --retries 1 job_1
	fake --fault never --commit yes --on create
	gives 0 timeout 10 tc-create -p ./short.json https://h/a
	[ "$(stats .jobs)" = 1 ]
}

@test "a flood of headers, two lengths and two delays do no harm" {
	fake --fault flood --on create --commit yes
	gives 0 timeout 20 tc-create https://h/a # looked up
	[ "$(stats .jobs)" = 1 ]
	fake --fault dup-length --on get
	timeout 20 tc-wait --retries 0 job_1 >out 2>err || true
	[ "$(wc -l <out)" = 1 ]
	fake --fault dup-header --on create --first 1 --commit no
	gives 0 timeout 20 tc-create https://h/a
}

@test "a kept connection that dies when it is reused makes no job twice, and reports every job" {
	local commit
	for commit in yes no; do
		fake --fault race --commit $commit --on create --chance 0.5
		sources 30 | gives 0 timeout 60 tc-create -j 2 --retries 30
		[ "$(wc -l <out)" = 30 ]
		[ "$(stats .most_per_source)" = 1 ]
		[ "$(stats .jobs)" -ge "$(jq -s 'map(select(.ok)) | length' out)" ]
		[ $commit = no ] || [ "$(stats .creates)" = 30 ]
		[ "$(stats .jobs)" = 30 ]
		jq -se 'all(.ok)' out
	done
}

@test "with a third of all requests failing at random, every line has one result and one job, nearly all ok" {
	fake --fault truncate --chance 0.08 --fault malformed --chance 0.08 --fault html --chance 0.08 --fault close --commit no --chance 0.08 \
		--fault status:503 --chance 0.05
	sources 40 >lines
	local name
	for name in transcodely ffmpeg-micro; do
		service $name
		timeout 60 tc-create --quiet -j 20 <lines >made || true
		[ "$(wc -l <made)" = 40 ]
		[ "$(jq -r .input made)" = "$(cat lines)" ]
		timeout 60 tc-wait --quiet -j 20 <made | timeout 60 tc-url --quiet -j 20 >out || true
		[ "$(wc -l <out)" = 40 ]
		# what FFmpeg Micro did not act on stays in doubt: about one in ten
		[ "$(jq -s 'map(select(.ok)) | length' out)" -ge "$([ $name = transcodely ] && echo 37 || echo 24)" ]
		jq -se 'map(.error.code // "ok") | unique - ["ok","in_doubt","bad_response","unavailable"] == []' out
		[ "$(jq -r 'select(.id) | .id' made | sort | uniq -d | wc -l)" = 0 ]
		[ "$(stats .most_per_source)" -le 2 ] # one for each of the two services
	done
	[ "$(stats .jobs)" -le 80 ]
}

# refused BODY: a create that is answered so, with 400; sets message. In a
# subshell, the fake would be nobody's child when it ends.
refused() {
	fake --fault status:400 --on create --body "$1"
	gives 1 tc-create https://h/a
	message=$(jq -r .error.message out)
}

@test "what a refusal says of fields is in the message, in the shapes that services give it" {
	local want='Validation failed: outputs[0].video[0].crf: must be at most 51' body
	for body in \
		'{"message":"Validation failed","field_violations":[{"field":"outputs[0].video[0].crf","description":"must be at most 51"}]}' \
		'{"message":"Validation failed","details":{"fieldViolations":[{"field":"outputs[0].video[0].crf","message":"must be at most 51"}]}}' \
		'{"message":"Validation failed","details":[{"type":"google.rpc.BadRequest","value":"CgA","debug":{"fieldViolations":[{"field":"outputs[0].video[0].crf","description":"must be at most 51"}]}}]}' \
		'{"code":"invalid_argument","message":"Validation failed","details":[{"type":"buf.validate.Violations","debug":{"violations":[{"field":{"elements":[{"fieldName":"outputs","index":"0"},{"fieldName":"video","index":0},{"fieldName":"crf"}]},"ruleId":"int32.lte","message":"must be at most 51"}]}}]}' \
		'{"error":{"message":"Validation failed","errors":[{"path":["outputs",0,"video",0,"crf"],"msg":"must be at most 51"}]}}' \
		'{"title":"Validation failed","errors":{"outputs[0].video[0].crf":["must be at most 51"]}}' \
		'{"detail":"Validation failed","invalid-params":[{"name":"outputs[0].video[0].crf","reason":"must be at most 51"}]}' \
		'{"message":"Validation failed","field_violations":{"outputs[0].video[0].crf":"must be at most 51"}}' \
		'{"error":"Validation failed","details":[{"code":"too_big","path":["outputs",0,"video",0,"crf"],"message":"must be at most 51"}]}' \
		'{"error":{"message":"Validation failed","issues":[{"path":["outputs",0,"video",0,"crf"],"message":"must be at most 51"}]}}' \
		'{"title":"Validation failed","violations":[{"propertyPath":"outputs[0].video[0].crf","message":"must be at most 51"}]}' \
		'{"message":"Validation failed","errors":["outputs[0].video[0].crf: must be at most 51"]}' \
		'{"message":"Validation failed: outputs[0].video[0].crf: must be at most 51","errors":["outputs[0].video[0].crf: must be at most 51"]}'; do
		refused "$body"
		[ "$message" = "$want" ] || { echo "$body"; cat out; return 1; }
	done
	refused '{"errors":[{"source":{"pointer":"/inputs/0"},"detail":"too long"},{"detail":"and dark"},7,null,{}]}'
	[ "$message" = '/inputs/0: too long; and dark' ]
	refused '{"message":"no","details":[{"reason":"SERVICE_DISABLED","domain":"x"},{"message":"in words"},"text"]}'
	[ "$message" = no ]
	refused "{\"message\":\"no\",\"errors\":[$(seq -s, -f '"field %g"' 99)]}"
	grep -x 'no: field 1; .*; field 20; and 79 more' <<<"$message"
}

@test "an endless text is cut to 1 KiB on stderr and to 64 KiB in records and ledger; its end is kept" {
	head -c 3000000 /dev/zero | tr '\0' x >long
	printf '{"message":"begins %s ends","code":"%s","errors":[{"field":"outputs[0].crf","message":"must be"}]}' "$(cat long)" "$(cat long)" >body
	fake --fault status:400 --on create,get --body-file body
	gives 1 timeout 30 tc-create -l L https://h/a
	[ "$(wc -c <out)" -lt 70000 ]
	[ "$(wc -c <L)" -lt 140000 ]
	[ "$(wc -c <err)" -lt 2200 ]
	jq -e '.error | (.message | startswith("begins xx") and endswith("xx ends: outputs[0].crf: must be")) and (.reason | length <= 1024)' out
	grep -q 'line 1: https://h/a: begins xx.* \.\.\. xx.*xx ends: outputs\[0\].crf: must be$' err
	gives 1 timeout 30 tc-wait --retries 1 job_1
	[ "$(wc -c <err)" -lt 3300 ]
	[ "$(wc -c <out)" -lt 70000 ]
}

@test "a redirect is not followed: rejected, and the other host sees nothing" {
	local fault
	for fault in redirect redirect-https; do
		fake --fault $fault
		gives 1 tc-create https://h/a
		[ "$(outcome)" = rejected ]
		jq -e '.error.message | contains("--base-url")' out
		gives 1 tc-wait job_1
		gives 1 tc-url job_1
		[ "$(stats '[.second, .keyed_second] | add')" = 0 ]
	done
}

@test "terminal escapes of a server reach no terminal raw" {
	fake --fault escapes
	gives 1 tc-create -v https://h/a
	gives 1 tc-wait -v job_1
	lacks "$(printf '\033')" err out
	lacks "$(printf '\a')" err out
	jq -e .error.message out
}

# certificates: ca.pem, and key.pem with good.pem for 127.0.0.1, other.pem for another name, expired.pem.
certificates() {
	command -v openssl >/dev/null || skip "openssl is not here"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=127.0.0.1 2>/dev/null
	certificate good IP:127.0.0.1 2
	certificate other DNS:other.example 2
	openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days -1 -extfile <(echo subjectAltName=IP:127.0.0.1) \
		-out expired.pem 2>/dev/null || : >expired.pem
}

certificate() {
	openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days "$3" -extfile <(echo "subjectAltName=$2") -out "$1.pem" 2>/dev/null
}

# tls CERTIFICATE: a server on $PORT that has job_1, completed.
tls() {
	mkdir -p www/v1/transcodes
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"id":"job_1","status":"completed"}' >www/v1/transcodes/job_1
	rm -f tls.out # of the server before
	start_background tls bash -c "cd www && exec openssl s_server -HTTP -accept 127.0.0.1:0 -cert ../$1.pem -key ../key.pem"
	until_true grep -q '^ACCEPT .*:[0-9][0-9]*$' tls.out
	PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' tls.out | head -n 1)
	[ -n "$PORT" ]
}

@test "TLS: an unknown CA, a wrong name, an expired certificate: 69, nothing sent; a good one works" {
	certificates
	tls good
	gives 69 timeout 20 tc-wait --base-url "https://127.0.0.1:$PORT" job_1
	grep -q 'cannot be verified' err
	gives 0 timeout 20 tc-wait --cacert ca.pem --base-url "https://127.0.0.1:$PORT" job_1
	jq -e .ok out
	CURL_CA_BUNDLE=$PWD/ca.pem gives 0 timeout 20 tc-wait --base-url "https://127.0.0.1:$PORT" job_1
	SSL_CERT_FILE=$PWD/ca.pem gives 0 timeout 20 tc-wait --base-url "https://127.0.0.1:$PORT" job_1
	gives 78 tc-wait --cacert missing.pem --base-url "https://127.0.0.1:$PORT" job_1
	tls other
	gives 69 timeout 20 tc-wait --cacert ca.pem --base-url "https://127.0.0.1:$PORT" job_1
	lacks FILE: tls.out tls.err
	[ -s expired.pem ] || return 0
	tls expired
	gives 69 timeout 20 tc-wait --cacert ca.pem --base-url "https://127.0.0.1:$PORT" job_1
	jq -e '.id == "job_1"' out
	lacks FILE: tls.out tls.err
}

@test "TLS: an output's host that cannot be verified fails its line alone" {
	certificates
	tls other
	jq '.url = {from: "get", urls: ["/title"]}' ffmpeg-micro.json >titled.json
	fake --fault status:200 --on get --first 1 --body "{\"status\":\"completed\",\"title\":\"https://127.0.0.1:$PORT/out.mp4?sig=secret\"}" \
		--fault status:200 --on get --body "{\"status\":\"completed\",\"title\":\"gs://b/1.mp4\"}"
	printf '{"ok":true,"id":"j","state":"succeeded","n":%d}\n' 1 2 3 | gives 1 timeout 30 tc-url -p ./titled.json -j 1 --check
	[ "$(jq -c '[.n, .ok]' out | xargs)" = "[1,false] [2,true] [3,true]" ]
	sed -n 1p out | jq -e --arg host "https://127.0.0.1:$PORT: " '.error | .code == "unavailable" and .temporary == false and (.message | startswith($host))'
	lacks 'sig=secret' err
}

@test "TLS to a plain port and plain HTTP to a TLS port are reported and do not hang" {
	jq '.timeout = "1s"' ffmpeg-micro.json >short.json
	export TC_PROVIDER=./short.json
	fake
	gives 69 timeout 20 tc-wait --retries 0 --base-url "https${API#http}" job_1
	certificates
	tls good
	timeout 20 tc-wait --retries 0 --base-url "http://127.0.0.1:$PORT" job_1 >out 2>err || [ $? != 124 ]
	[ "$(wc -l <out)" = 1 ]
}

# refused_by TOOL LIMIT: runs a filter on three lines; what is refused for longer than 200 ms ends it, with 75.
refused_by() {
	local line
	line='{"ok":true,"id":"job_1","status":"completed","state":"succeeded","provider":"ffmpeg-micro"}'
	[ "$1" != tc-create ] || line=https://h/a
	printf '%s\n' "$line" "$line" "$line" | gives 75 timeout 20 "$1" --max-throttle 200ms || return
	[ "$(wc -l <out)" = 3 ] && [ "$(stats .requests)" -le 10 ] && grep -q 'max-throttle' err &&
		jq -se 'all(.error.temporary) and (map(.error.code) - ["throttled", "not_attempted"] == [])' out
}

@test "429 with a delay of 0, in the past or none: every filter uses its own backoff and stops at --max-throttle" {
	local tool header
	for header in 'Retry-After: 0' 'Retry-After: imf+0' 'Retry-After: asctime+-60' ''; do
		for tool in tc-create tc-wait tc-url tc-cancel; do
			# the date in another form is the same to all
			[[ $tool = tc-create || $header =~ :\ 0$|asctime ]] || continue
			fake --fault status:429 --header "$header"
			refused_by $tool || { echo "$tool $header: $(stats .)"; cat out err; return 1; }
		done
	done
}

@test "503 with Retry-After: the whole run waits, not that one line; without, or with 0, tries are counted" {
	service transcodely
	fake --fault status:503 --first 1 --on create --header 'Retry-After: 1' --latency 5
	sources 40 | gives 0 timeout 20 tc-create -j 20
	# what was under way when the answer came is no more than the first few
	[ "$(stats .early)" -le 3 ]
	[ "$(stats .creates)" = 41 ]
	fake --fault status:503 --header 'Retry-After: 0'
	gives 75 timeout 20 tc-create --retries 3 https://h/b
	[ "$(outcome)" = unavailable ]
	[ "$(stats .creates)" = 4 ]
	fake --fault status:503 --header 'Retry-After: 86400'
	sources 30 | gives 75 timeout 20 tc-create --max-wait 2s
	[ "$(stats .requests)" -le 4 ]
	grep -q 'max-wait' err
}

@test "after a pause one request goes alone, then twice as many for each that is accepted" {
	service transcodely
	fake --fault status:429 --first 4 --on create --header 'Retry-After: 0' --latency 50 --log log
	sources 12 | gives 0 timeout 20 tc-create -j 12
	[ "$(stats .most_in_flight)" -le 8 ]
	[ "$(stats .jobs)" = 12 ]
	# one that began before the pause and is taken after it is no probe
	fake --fault status:429 --first 1 --on create --latency 50
	sources 30 | gives 0 timeout 20 tc-create -j 30
	[ "$(stats .most_in_flight)" -lt 30 ]
	[ "$(stats .jobs)" = 30 ]
}

@test "RateLimit and RateLimit-Policy: a wait longer than --max-wait ends the run with 75, any other is said once" {
	local header
	for header in 'RateLimit-Policy: "x";q=1;w=80000' 'RateLimit: "x";r=0;t=80000'; do
		fake --fault fine --header "$header"
		sources 9 | gives 75 timeout 20 tc-create -j 1
		[ "$(wc -l <out)" = 9 ]
		[ "$(grep -c "${header%%:*}).*--max-wait" err)" = 1 ]
		[ "$(stats .creates)" -le 2 ]
		jq -se 'any(.ok) and (map(.error.code // "ok") | unique == ["not_attempted", "ok"])' out
		# nothing is left to be asked: no reason to stop
		gives 0 timeout 20 tc-create -j 1 https://h/z
	done
	fake --fault fine --first 1 --header 'RateLimit: "x";r=0;t=2'
	sources 5 | gives 0 timeout 20 tc-create -j 1
	[ "$(grep -c '(RateLimit)' err)" = 1 ]
	fake --fault fine --header 'RateLimit-Policy: "x";q=1;w=80000'
	sources 5 | gives 0 timeout 20 tc-create -j 1 --rate 1000/s
	lacks RateLimit err
}

@test "statuses of proxies and edges pass, for questions and, with a key, for creates" {
	local status
	service transcodely
	for status in 408 425 500 502 503 504 507 511 520 521 522 523 524 525 526 527 529 530 598 599; do
		fake --fault status:$status --per-item 1 --body '<html>edge</html>'
		gives 0 timeout 20 tc-create https://h/a || { echo "create $status"; return 1; }
		gives 0 timeout 20 tc-wait <out || { echo "wait $status"; return 1; }
		[ "$(stats .jobs)" = 1 ]
	done
}

@test "an unreachable service gets 3 retries, or as many as --retries says" {
	fake
	kill "$FAKE_PID"
	until_true gone "$FAKE_PID"
	jq '.pace.backoff = "1ms"' ffmpeg-micro.json >quick.json
	gives 69 timeout 20 tc-create -p ./quick.json -v https://h/a
	[ "$(grep -c 'line 1: POST' err)" = 4 ]
	gives 69 timeout 20 tc-create -p ./quick.json -v --retries 12 https://h/a
	[ "$(grep -c 'line 1: POST' err)" = 13 ]
	gives 69 timeout 20 tc-create -p ./quick.json -v --retries 0 https://h/a
	[ "$(grep -c 'line 1: POST' err)" = 1 ]
	jq '.pace.backoff = "0"' ffmpeg-micro.json >none.json
	gives 78 tc-create -p ./none.json -n https://h/a
	grep -q '/pace/backoff: expected at least 1ms' err
}

@test "a rate file: times from a clock that was ahead are ignored, its rate is kept; a policy outlives the run" {
	local ahead start
	fake
	for ahead in 60 864000; do
		start=$(date +%s%N)
		printf '{"tc_rate":1,"rate":20,"burst":2,"arrival":%d000000,"blocked_until":%d000000,"event":%d000000}\n' \
			$((start / 1000000000 + ahead)) $((start / 1000000000 + ahead)) $((start / 1000000000 + ahead)) >rate
		sources 12 "$ahead" | gives 0 timeout 10 tc-create -j 12 --rate 20/s:2 --rate-file rate
		[ $(($(date +%s%N) - start)) -ge 450000000 ]
	done
	fake --fault fine --header 'RateLimit-Policy: "x";q=1;w=80000'
	sources 5 | gives 75 timeout 10 tc-create -j 1 --rate-file policy
	grep -q 'RateLimit-Policy.*--max-wait' err
	fake
	sources 5 | gives 75 timeout 10 tc-create -j 1 --rate-file policy
	grep -q -e '--max-wait' err
	[ "$(stats .requests)" = 0 ]
}

@test "a program that keeps the rate and asks for a wait longer than --max-wait stops the run" {
	local tool line
	printf '#!/bin/sh\nwhile read -r word rest; do [ "$word" != start ] || echo 80000; done\n' >limiter
	chmod +x limiter
	fake
	for tool in tc-create tc-url tc-cancel tc-list; do
		line=job_1
		[ "$tool" != tc-create ] || line=https://h/a.mp4
		echo "$line" | gives 75 timeout 60 "$tool" --rate-cmd ./limiter
		grep -q 'rate-cmd pauses all runs.*--max-wait' err || { cat err; return 1; }
	done
	[ "$(stats .requests)" = 0 ]
}

@test "a line that alone is throttled fails temporarily after --max-throttle, and the rest succeeds" {
	fake --fault status:429 --on create --item bad --header 'Retry-After: 0'
	{ echo https://h/bad; sources 30; } | gives 75 timeout 20 tc-create -j 1 --max-throttle 300ms
	[ "$(stats .jobs)" = 30 ]
	[ "$(jq -sc 'map(.error.code // "ok") | group_by(.) | map([.[0], length])' out)" = '[["ok",30],["throttled",1]]' ] ||
		{ cat out err; return 1; }
}
