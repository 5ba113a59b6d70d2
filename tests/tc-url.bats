#!/usr/bin/env bats
# tc-url: where an ended job's outputs are.

load helper
load fake

# ended SOURCE...: jobs that have ended, their records in ./ended.
ended() {
	tc-create --quiet "$@" | tc-wait --quiet >ended || [ $? = 1 ]
}

@test "FFmpeg Micro: the download call's URL, with its end" {
	fake --log requests
	ended https://h/a https://h/b
	before=$(date -u -d '+9 minutes 50 seconds' +%Y-%m-%dT%H:%M:%SZ)
	gives 0 tc-url <ended
	[ "$(jq -r .url out | sort)" = "$(printf '%s\n' "$API/files/0.mp4?sig=1&x=2" "$API/files/1.mp4?sig=1&x=2")" ]
	jq -se 'all(.urls == [.url])' out
	[[ $(jq -r .expires out | head -n 1) > "$before" ]]
	grep -q 'GET /v1/transcodes/job_0001/download?url=true HTTP' requests
	[ "$(stats .urls)" = 2 ]
}

@test "Transcodely: signed_url, decoded; all outputs; the bucket's address without an end" {
	fake
	service transcodely
	ended https://h/a https://h/two https://h/bucket
	gives 0 tc-url <ended
	[ "$(jq -r .url out)" = "$(printf '%s\n' "$API/files/0-0.mp4?sig=1&x=2" "$API/files/1-0.mp4?sig=1&x=2" s3://bucket/2/0.mp4)" ]
	[ "$(sed -n 2p out | jq -r '.urls | join(" ")')" = "$API/files/1-0.mp4?sig=1&x=2 $API/files/1-1.mp4?sig=1&x=2" ]
	[ "$(jq -r 'has("expires")' out | tr '\n' ' ')" = "true true false " ]
	grep -qF '"url":"'"$API"'/files/0-0.mp4?sig=1&x=2"' out
}

@test "a partial job that was accepted has the outputs that were made" {
	fake
	service transcodely
	tc-create --quiet https://h/partial | tc-wait --quiet --accept-partial | gives 0 tc-url
	[ "$(jq -r '.urls | length' out)" = 1 ]
}

@test "a job that has not ended is invalid_input" {
	fake
	tc-create --quiet https://h/a >made
	gives 1 tc-url <made
	jq -e '.error.code == "invalid_input" and (.error.message | contains("tc-wait"))' out
	[ "$(stats .urls)" = 0 ]
	service transcodely
	tc-create --quiet https://h/polls9 | jq -r .id >ids
	gives 1 tc-url <ids
	jq -e '.error.code == "invalid_input"' out
}

@test "bare ids; what the service has no output for is rejected" {
	fake
	ended https://h/a https://h/fail
	gives 1 tc-url $(jq -r .id ended) job_0077
	[ "$(jq -r '.error | [.code, .http] | join(" ")' out | tr '\n' ',')" = " ,rejected 400,rejected 404," ]
	sed -n 1p out | jq -e '.ok'
	[ "$(sed -n 1p out | jq .id)" = "$(sed -n 1p ended | jq .id)" ]
}

@test "failed records pass with the same bytes, numbers too" {
	fake
	ended https://h/fail
	printf '%s\n' '{"ok":false, "n":-0 }' '{"ok":true,"id":"job_0001", "n":12345678901234567890 ,"state":"succeeded","z":1e400}' >lines
	cat ended >>lines
	gives 1 tc-url <lines
	[ "$(sed -n '1p;3p' out)" = "$(sed -n '1p;3p' lines)" ]
	grep -qF '{"ok":false,"id":"job_0001", "n":12345678901234567890 ,"state":"succeeded","z":1e400,' out
}

@test "--check asks the file's host for one byte, without the key" {
	fake --log requests
	ended https://h/a https://h/gone
	gives 1 tc-url --check --retries 0 <ended
	[ "$(jq -r '.error | [.code, .http] | join(" ")' out | tr '\n' ',')" = " ,rejected 404," ]
	grep ' GET /files/.* | Range: bytes=0-0' requests >heads
	[ "$(wc -l <heads)" = 2 ]
	lacks -i authorization heads
	lacks test-key heads
	service transcodely
	ended https://h/bucket https://h/two
	: >requests
	gives 0 tc-url --check <ended
	[ "$(grep -c ' GET /files/' requests)" = 2 ]
}

@test "--check: a host that says 401 or 429 says nothing of our key or rate" {
	fake --fault status:401 --on file --first 1
	ended https://h/a https://h/b
	gives 1 tc-url --check --retries 0 -j 1 <ended
	[ "$(jq -r '.error.code // "ok"' out | tr '\n' ' ')" = "rejected ok " ]
}

# moved [OPTION...]: a service whose one output is at its file /files/0.mp4, and the file's answer is spoilt as said.
moved() {
	fake --log requests --fault status:302 --on file --first 1 "$@"
	ended https://h/a
}

@test "--check follows redirects: a handful, without the key, to http and https alone" {
	moved --header 'Location: /files/1.mp4?sig=secret'
	gives 0 tc-url --check -v <ended
	grep 'GET /files/' requests >heads
	[ "$(wc -l <heads)" = 2 ]
	lacks -i 'authorization\|test-key' heads
	lacks 'sig=' err
	local to
	for to in 'ftp://127.0.0.1/x' 'file:///etc/passwd' 'http:///' '//exa mple/'; do
		moved --header "Location: $to"
		gives 1 timeout 20 tc-url --check <ended
		jq -e '.error | .temporary == false and (.message | startswith("http://127.0.0.1:"))' out
	done
	fake --fault redirect --on file # there is always another
	ended https://h/a
	gives 1 timeout 20 tc-url --check <ended
}

@test "--check: one bad host or URL fails its line alone, and is named" {
	local pair url
	jq '.url = {from: "get", urls: ["/title"]}' ffmpeg-micro.json >titled.json
	printf '{"ok":true,"id":"j","state":"succeeded","n":%d}\n' 1 2 3 >three
	for pair in '75 https://127.0.0.1:1/out.mp4?sig=secret' '1 http://exa mple/out.mp4' '1 httpx://127.0.0.1/out.mp4'; do
		url=${pair#* }
		fake --fault status:200 --on get --first 1 --body "{\"status\":\"completed\",\"title\":\"$url\"}" \
			--fault status:200 --on get --body '{"status":"completed","title":"gs://b/1.mp4"}'
		gives "${pair%% *}" timeout 30 tc-url -p ./titled.json --retries 1 -j 1 --check <three
		[ "$(jq -c '[.n, .ok]' out | xargs)" = "[1,false] [2,true] [3,true]" ]
		sed -n 1p out | jq -r .error.message | grep -F "${url%%/out*}"
		lacks 'sig=secret' err
	done
}

@test "with a ledger: --check looks at what an earlier run has resolved; what is gone is made anew with tc-create" {
	fake --log requests
	export TC_LEDGER=L
	echo https://h/gone >lines
	ended $(cat lines)
	gives 0 tc-url <ended
	gives 1 tc-url --check <ended
	jq -e '.error | .code == "rejected" and .http == 404' out
	[ "$(jq -r 'select(.gone).id' L)" = job_0001 ]
	# known, and gone: asked for again
	gives 1 tc-url --check <ended
	gives 0 tc-create -l L --again <lines
	[ "$(stats .jobs)" = 1 ]
	gives 0 tc-create -l L --again=expired <lines
	[ "$(stats .jobs)" = 2 ]
	jq -e '.id == "job_0002"' out
	# once: nothing is known against the new one
	gives 0 tc-create -l L --again=expired <lines
	[ "$(stats .jobs)" = 2 ]
	gives 64 tc-create -l L --again=always <lines
}

@test "--check: a file is gone once that was said as often as there are tries, for its host may lag behind" {
	local status
	echo https://h/a >lines
	for status in 403 404 410; do
		rm -f L
		fake --fault status:$status --on file --first 3
		tc-create --quiet -l L <lines | tc-wait --quiet -l L >ended
		gives 0 tc-url -l L --check <ended
		[ "$(stats .files)" = 4 ]
		# one that says to wait for too long is not asked again
		rm -f L
		fake --fault status:$status --on file --header 'Retry-After: 86400' --first 1 --fault status:$status --on file
		tc-create --quiet -l L <lines | tc-wait --quiet -l L >ended
		gives 1 tc-url -l L --check --max-wait 1s <ended
		[ "$(stats .files)" = 1 ]
		gives 0 tc-create -l L --again=expired <lines
		[ "$(stats .jobs)" = 1 ]
		# what persists is believed
		gives 1 tc-url -l L --check --retries 2 <ended
		[ "$(stats .files)" = 4 ]
		gives 0 tc-create -l L --again=expired <lines
		[ "$(stats .jobs)" = 2 ]
	done
}

@test "a job that was given up while it went on is asked about" {
	fake
	tc-create --quiet https://h/a https://h/polls99 | tc-wait --quiet --timeout 100ms >left || [ $? = 75 ]
	jq -c '.ok = false | .state = "running" | .error = {code: "timeout", message: "", temporary: true}' left >given
	gives 1 tc-url <given
	[ "$(jq -r '.error.code // .state' out | xargs)" = "running rejected" ]
	sed -n 1p out | jq -e '.ok and (.url | length > 0) and (has("error") | not)'
}

@test "a reply that names no output is bad_response" {
	fake --fault status:200 --on url --body '{"nothing":1}'
	gives 1 tc-url job_1
	jq -e '.error.code == "bad_response"' out
}

@test "a profile without such a call is 78, a full disk 74, an unreachable service 69; bad lines are reported" {
	fake
	jq 'del(.url)' ffmpeg-micro.json >bad.json
	gives 78 tc-url -p ./bad.json x
	grep -q '/url' err
	printf 'null\n{"ok":true}\n{\n' | gives 1 tc-url
	jq -se 'all(.error.code == "invalid_input")' out
	run -74 bash -c 'tc-url x >/dev/full'
	kill "$FAKE_PID"
	until_true gone "$FAKE_PID"
	gives 69 timeout 20 tc-url --retries 0 x
}
