#!/usr/bin/env bats
# The three filters in a row: every line comes out, in order, rightly named,
# whatever became of its job, and each source has one job.

load helper
load fake

# 300 sources; every kind of end is among them.
mixed() {
	local i words=(ok fail ok cancel ok polls3 ok reject400 ok cancelled ok polls7-unknownstatus ok partial ok blocked ok two ok oddid)
	for ((i = 0; i < 300; i++)); do
		printf 'https://example.com/%03d-%s.mov\n' $i "${words[i % ${#words[@]}]}"
	done
}

# The three filters on ./lines; their exit statuses, by name, into ./status.
pipe() {
	stage create <lines | stage wait | stage url >out
	cat create.status url.status wait.status >status
}

stage() {
	local status=0
	"tc-$1" 2>"$1.err" || status=$?
	echo "$1 $status" >"$1.status"
}

# What each line should have become, from its source alone.
wanted() {
	sed -E "s|.*reject400.*|& rejected|; s|.*fail.*|& job_failed|; s|.*cancel.*|& job_canceled|
		$1
		/ /!s|\$| ok|" lines
}

@test "300 mixed sources, FFmpeg Micro" {
	fake --latency 3
	mixed | grep -v -e partial -e blocked >lines
	pipe
	[ "$(jq -r '"\(.input) \(.error.code // "ok")"' out)" = "$(wanted '')" ]
	[ "$(cat status)" = "$(printf '%s\n' 'create 1' 'url 1' 'wait 1')" ]
	jq -se 'all(.ok == (has("url")))' out
	jq -se 'all(.[] | select(.ok); .id == .job.id and .job.inputs[0].url == .input)' out
	stats . >seen
	jq -e '.most_per_source == 1 and .jobs == .creates - 15' seen
	jq -e '.connections <= 24' seen
}

@test "300 mixed sources, Transcodely, in two runs that make one job each" {
	fake --latency 3
	service transcodely
	mixed >lines
	pipe
	[ "$(jq -r '"\(.input) \(.error.code // "ok")"' out)" = "$(wanted 's|.*partial.*|& job_partial|; s|.*blocked.*|& job_blocked|')" ]
	[ "$(cat status)" = "$(printf '%s\n' 'create 1' 'url 1' 'wait 1')" ]
	stats . >seen
	jq -e '.most_per_source == 1 and .jobs == 285 and .creates == 300' seen
	jq -e '.connections <= 64' seen
	cp out first
	pipe
	[ "$(stats ".most_per_source == 1 and .jobs == 285")" = true ]
	[ "$(jq -c '[.input, .id, .error.code]' out)" = "$(jq -c '[.input, .id, .error.code]' first)" ]
}

@test "--accept-partial lets what was made through" {
	fake
	service transcodely
	tc-create --quiet https://h/partial https://h/ok | tc-wait --accept-partial 2>/dev/null | gives 0 tc-url
	[ "$(jq -r '.state, (.urls | length)' out | tr '\n' ' ')" = "partial 1 succeeded 1 " ]
}

@test "other members of a line come out at the end with the same bytes" {
	fake
	cat >lines <<-'END'
		{"ok":true,"url":"https://h/ok", "big":12345678901234567890,"s":0.10 ,"huge":1e400,"neg":-0,"e":"\u00e9\/","o":{"b":1.0, "a":[1E5]}}
		{"ok":false,  "big":12345678901234567890 }
		{"ok":true,"url":"https://h/fail","\u006b\u0065y":"mine", "t":	true}
	END
	pipe
	grep -qF '{"ok":true,"url":"'"$API"'/files/0.mp4?sig=1&x=2", "big":12345678901234567890,"s":0.10 ,"huge":1e400,"neg":-0,"e":"\u00e9\/","o":{"b":1.0, "a":[1E5]},' out
	[ "$(sed -n 2p out)" = "$(sed -n 2p lines)" ]
	grep -qF '"\u006b\u0065y":' out
	[ "$(jq -c '[.big // empty, .s // empty] | length' out | tr '\n' ' ')" = "2 1 0 " ]
}

@test "a result is printed as soon as its turn has come, while the input goes on" {
	fake
	mkfifo in
	bash -c 'exec tc-create <in' 3>&- 2>create.err | tc-wait 2>wait.err 3>&- | tc-url 2>url.err >out 3>&- &
	pid=$!
	exec 5>in
	echo https://h/a >&5
	until_true has_lines 1
	echo https://h/b >&5
	until_true has_lines 2
	exec 5>&-
	wait $pid
	[ "$(jq -r .input out | tr '\n' ' ')" = "https://h/a https://h/b " ]
}

has_lines() {
	[ "$(wc -l <out)" = "$1" ]
}

@test "a reader that goes away ends all three quietly" {
	fake --latency 5
	sources 200 >lines
	run -0 bash -c '{ tc-create <lines; } 2>create.err | { tc-wait; } 2>wait.err | { tc-url; } 2>url.err | head -n 1 >out'
	[ "$(wc -l <out)" = 1 ]
	lacks 'roken pipe' create.err wait.err url.err
	lacks 'Sanitizer' create.err wait.err url.err
}

@test "with a wrong key each stage prints little, and all lines come out" {
	fake --key right
	sources 100 >lines
	pipe
	[ "$(wc -l <out)" = 100 ]
	[ "$(cat status)" = "$(printf '%s\n' 'create 77' 'url 1' 'wait 1')" ] || [ "$(cat status)" = "$(printf '%s\n' 'create 77' 'url 75' 'wait 75')" ]
	[ "$(cat create.err wait.err url.err | wc -l)" -le 6 ]
	[ "$(stats .requests)" -le 8 ]
}

@test "5,000 lines go through in little memory" {
	local tool limit
	fake
	sources 5000 >lines
	limit=400000
	sanitized && limit=unlimited
	for tool in tc-create tc-wait tc-url; do
		[ $tool = tc-create ] || cp out lines
		run -0 bash -c "ulimit -v $limit; exec $tool --quiet -j 8 <lines >out"
	done
	[ "$(jq -r .ok out | sort | uniq -c | tr -s ' ')" = " 5000 true" ]
	[ "$(stats .jobs)" = 5000 ]
}

@test "through tc-serve too" {
	command -v tc-serve >/dev/null || skip "tc-serve is not built"
	serve --encoder "$ENCODER" --jobs 2
	mixed | grep -v -e partial -e blocked -e reject -e cancel | head -n 20 | sed 's|https://example.com|http://127.0.0.1:9|' >lines
	TC_PROVIDER=local pipe
	[ "$(wc -l <out)" = 20 ]
	[ "$(jq -r .input out)" = "$(cat lines)" ]
}

@test "a request without a body has no Content-Type, and says that its body is empty" {
	fake --log requests
	tc-create --quiet https://h/polls3 | tee made | tc-wait --quiet >/dev/null
	tc-create --quiet https://h/polls9 >made
	run -0 tc-cancel <made
	grep -q '^[^ ]* [^ ]* PATCH ' requests
	[ "$(grep ' PATCH ' requests | grep -ci 'content-length: 0')" = "$(grep -c ' PATCH ' requests)" ]
	[ "$(grep -E ' (PATCH|GET) ' requests | grep -ci 'content-type:')" = 0 ]
	[ "$(grep ' GET ' requests | grep -ci 'content-length:')" = 0 ]
	[ "$(grep ' POST ' requests | grep -ci 'content-type: application/json')" = 2 ]
}
