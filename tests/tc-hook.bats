#!/usr/bin/env bats
# Webhooks: tc-hook takes events, tc-wait -e goes by them, tc-serve sends them.

load helper

# hmac KEY, hmac -b KEY: HMAC-SHA256 of stdin as hex; with -b the key is in
# Base64, and so is the result.
hmac() {
	local hex
	if [ "$1" = -b ]; then
		hex=$(printf %s "$2" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
		openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hex" -binary | openssl base64 -A
	else
		openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1
	fi
}

setup() {
	setup_tc
	export TRANSCODELY_API_KEY=test-key TRANSCODELY_WEBHOOK_SECRET=whsec_test
}

# hook [OPTION...]: starts tc-hook, its lines into ./events; sets HOOK, its URL, and HOOK_PID.
hook() {
	rm -f ready && mkfifo ready || return
	start_background hook hook_on ready -p transcodely --port 0 --ready-fd 4 "$@"
	HOOK_PID=$PID
	read -r -t 60 HOOK <ready || { cat hook.err >&2; return 1; }
}

hook_on() {
	exec 4>"$1" >>events || return
	shift
	exec tc-hook "$@"
}

# stopped STATUS: tc-hook, asked to stop, ends with it.
stopped() {
	local got=0
	kill "$HOOK_PID"
	wait "$HOOK_PID" || got=$?
	[ "$got" = "$1" ]
}

# serves [OPTION...]: tc-serve, for -p transcodely, whose webhooks go to tc-hook.
serves() {
	export TC_LOCAL_WEBHOOK_SECRET=${SIGNED_WITH-whsec_test}
	serve --encoder "$ENCODER" "$@"
	export TC_PROVIDER=transcodely
	BODY="{\"managed\":true,\"webhook_url\":\"$HOOK/from/tc-serve\"}"
}

# event ID TYPE JOB: one as the service writes it, into ./body.
event() {
	printf '{"id":"%s","object":"event","type":"%s",\n "data":{"id":"%s","status":"completed","n":1e400}}' "$@" >body
}

# signed [SECRET [SECONDS]]: the header for ./body.
signed() {
	local at=$(($(date +%s) + ${2-0}))
	printf 'Transcodely-Signature: t=%s,v1=%s' "$at" "$({ printf '%s.' "$at" && cat body; } | hmac "${1-whsec_test}")"
}

# post [HEADER...]: sends ./body, prints the status.
post() {
	local header args=()
	for header; do args+=(-H "$header"); done
	curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "${args[@]}" --data-binary @body "$HOOK/any/path"
}

lines() {
	[ "$(wc -l <events)" -eq "$1" ]
}

@test "from the service's event to the URL: each job is asked about once" {
	hook
	serves
	printf 'https://h/%s.mp4\n' a b fail c d >urls
	run -1 --separate-stderr timeout 60 sh -c 'tc-create -d "$1" -b night <urls | tc-wait -e events --max-interval 1h | tc-url' sh "$BODY"
	[ "$(jq -r '.input + " " + (.error.code // "ok")' <<<"$output" | tr '\n' ' ')" = \
		"https://h/a.mp4 ok https://h/b.mp4 ok https://h/fail.mp4 job_failed https://h/c.mp4 ok https://h/d.mp4 ok " ]
	# five creates, one question a job of tc-wait's and one of tc-url's for each that has outputs; and /_stats
	[ "$(stats .by_status.\"200\")" -le 15 ]
	[ "$(jq -r .event.type events | sort | uniq -c | tr -s ' \n' ' ')" = " 1 job.failed 4 job.succeeded " ]
	jq -es 'all(.[]; .ok == (.error == null) and .ok == (.state == "succeeded") and .provider == "transcodely" and .job.metadata.batch_id == "night" and .id == .job.id)' events
	stopped 0
	[ "$(tail -n 1 hook.err)" = "5 events: 5 written, 0 repeated, 0 not about jobs, 0 refused" ]
}

@test "an event with a byte order mark, and half a surrogate pair in it" {
	hook
	event evt_1 job.completed job_1
	{ printf '\xef\xbb\xbf' && sed 's/"n":/"title":"clip \\ud83d","n":/' body; } >marked
	mv marked body
	[ "$(post "$(signed)")" = 200 ]
	until_true lines 1
	grep -qF '"title":"clip \ud83d"' events
	grep -q '"ok":true,.*"id":"job_1"\|"id":"job_1".*"ok":true' events
}

@test "a canceled job has its event" {
	hook
	serves
	tc-create -d "$BODY" https://h/held.mp4 >made
	curl -s -H 'Authorization: Bearer test-key' -H 'Content-Type: application/json' -d "$(jq -c '{id}' made)" "$TC_BASE_URL/transcodely.v1.JobService/Cancel" >canceled
	until_true lines 1
	[ "$(jq -r '.event.type, .state' events | xargs)" = "job.canceled canceled" ]
	: >gate
}

@test "events can be waited for and fetched from alone, and the jobs of a batch counted" {
	hook
	serves
	printf 'https://h/%s.mp4\n' a fail c | tc-create --quiet -d "$BODY" -b night >made
	until_true lines 3
	run -1 --separate-stderr sh -c 'jq -c "select(.job.metadata.batch_id == \"night\")" events | tc-wait | tc-url'
	[ "$(jq -r '.error.code // "ok"' <<<"$output" | sort | xargs)" = "job_failed ok ok" ]
}

@test "encoders see neither the key nor the secret" {
	hook
	# shellcheck disable=SC2016 # the encoder's
	printf '#!/bin/sh\nenv >"%s/seen"\nprintf x >"$2"\n' "$PWD" >"$ENCODER"
	serves
	tc-create -d "$BODY" https://h/a.mp4 >made
	until_true lines 1
	grep -q ^PATH= seen
	[ -n "$TC_LOCAL_API_KEY" ]
	[ -n "$TC_LOCAL_WEBHOOK_SECRET" ]
	run -1 grep ^TC_LOCAL_ seen
}

@test "an event is sent again until it is taken" {
	hook
	serves
	# nobody there, at first
	stopped 0
	tc-create -d "$BODY" https://h/a.mp4 >made
	rm -f ready && mkfifo ready
	start_background hook hook_on ready -p transcodely --port "${HOOK##*:}" --ready-fd 4
	read -r -t 60 HOOK <ready
	until_true lines 1
	[ "$(jq -r .id events)" = "$(jq -r .id made)" ]
}

@test "an event must be signed with the secret, at about this time" {
	hook
	local want header
	event evt_1 job.succeeded job_1
	[ "$(post)" = 401 ]
	[ "$(post 'Transcodely-Signature: nonsense')" = 401 ]
	[ "$(post 'Transcodely-Signature: t=1,v1=')" = 401 ]
	[ "$(post "$(signed other)")" = 401 ]
	[ "$(post "$(signed whsec_test -301)")" = 401 ]
	[ "$(post "$(signed whsec_test 330)")" = 401 ]
	header=$(signed)
	printf ' ' >>body
	[ "$(post "$header")" = 401 ]
	[ "$(post "${header/t=/t=-}")" = 401 ]
	[ ! -s events ]
	# a little off; and while the secret is changed, one of two is enough
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed whsec_test -200)")" = 200 ]
	event evt_2 job.succeeded job_2
	header=$(signed)
	[ "$(post "${header/,v1=/,v1=00ff,v1=}")" = 200 ]
	[ "$(post "${header/,v1=/, v0=1,v1=}")" = 200 ]
	lines 2
	stopped 0
	[ "$(tail -n 1 hook.err)" = "11 events: 2 written, 1 repeated, 0 not about jobs, 8 refused" ]
	run -1 grep -r whsec_ events hook.err
}

@test "an event is written once, verbatim, on one line; what is about no job is taken and left" {
	hook
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed)")$(post "$(signed)")" = 200200 ]
	event evt_2 output.ready out_1
	[ "$(post "$(signed)")" = 200 ]
	event evt_3 job.succeeded ''
	[ "$(post "$(signed)")" = 200 ]
	echo 'no JSON' >body
	[ "$(post "$(signed)")" = 400 ]
	echo '[1]' >body
	[ "$(post "$(signed)")" = 400 ]
	head -c 5000000 /dev/zero >body
	[ "$(post "$(signed)")" = 413 ]
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$HOOK")" = 405 ]
	[ "$(cat events)" = '{"ok":true,"provider":"transcodely","id":"job_1","status":"completed","state":"succeeded","job":{"id":"job_1","status":"completed","n":1e400},"event":{"id":"evt_1","type":"job.succeeded"}}' ]
}

@test "profiles say how events look: unsigned, signed without a time, no ids of their own" {
	jq 'del(.webhook.header, .webhook.time, .webhook.signature, .webhook.event)' "$ROOT/lib/profiles/transcodely.json" >plain.json
	unset TRANSCODELY_WEBHOOK_SECRET
	hook -p ./plain.json
	printf '{"event":"job.completed","job":{"id":"job_9","status":"odd"}}' >body
	[ "$(post)$(post)" = 200200 ]
	[ "$(jq -c '[.id, .status, .state, .event]' events | sort -u)" = '["job_9","odd","running",{"type":"job.completed"}]' ]
	lines 2
	stopped 0
	run -64 tc-hook -p ./plain.json --listen 0.0.0.0
	[[ $output == *"does not sign"* ]] || false
	jq 'del(.webhook.time, .webhook.signature) | .webhook.header = "X-Webhook-Signature"' "$ROOT/lib/profiles/transcodely.json" >old.json
	(umask 077 && echo whsec_file >secret)
	hook -p ./old.json --secret-file secret
	[ "$(post)" = 401 ]
	[ "$(post "X-Webhook-Signature: $(hmac whsec_file <body)")" = 200 ]
	lines 3
}

@test "a stdout that cannot be written ends it with 74, and the event is not accepted" {
	rm -f ready && mkfifo ready
	# shellcheck disable=SC2016
	start_background hook bash -c 'exec 4>ready >/dev/full; exec tc-hook -p transcodely --port 0 --ready-fd 4'
	read -r -t 60 HOOK <ready
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed)")" = 500 ]
	local got=0
	wait "$PID" || got=$?
	[ "$got" = 74 ]
	grep -q 'stdout: No space left' hook.err
	# and so does a reader that goes away
	run -0 --separate-stderr bash -c 'tc-hook -p transcodely --port 0 | true; [ ${PIPESTATUS[0]} = 74 ]'
}

@test "mistakes are reported before it listens" {
	run -64 --separate-stderr tc-hook -p transcodely x
	run -64 --separate-stderr tc-hook -p transcodely --port 65536
	run -78 --separate-stderr tc-hook -p local
	[[ $stderr == *"profile local: /webhook/job: missing: this service sends no events"* ]] || false
	run -74 --separate-stderr tc-hook -p transcodely --listen nowhere
	[[ $stderr == *"expected a numeric address"* ]] || false
	echo whsec_x >secret
	chmod 644 secret
	run -78 --separate-stderr tc-hook -p transcodely --secret-file secret
	[[ $stderr == *"chmod 600 secret"* ]] || false
	unset TRANSCODELY_WEBHOOK_SECRET
	run -78 --separate-stderr tc-hook -p transcodely
	[ "$stderr" = "tc-hook: no secret for transcodely: set TRANSCODELY_WEBHOOK_SECRET, or give --secret-file FILE" ]
	jq 'del(.webhook.env)' "$ROOT/lib/profiles/transcodely.json" >mine.json
	run -78 --separate-stderr tc-hook -p ./mine.json
	[[ $stderr == *"/webhook/env: missing"* ]] || false
}

# opened: a connection to tc-hook on descriptor $FD.
opened() {
	exec {FD}<>"/dev/tcp/127.0.0.1/${HOOK##*:}"
}

# closed FD...
closed() {
	local fd
	for fd; do exec {fd}>&-; done
}

# says FD: the status on the first line that comes there, "" if it is closed without one.
says() {
	local line=
	read -r -t 20 line <&"$1" || true
	line=${line#HTTP/1.1 }
	echo "${line%% *}"
}

# rss KIB: tc-hook has no more than that in memory.
rss() {
	[ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$HOOK_PID/status")" -le "$1" ]
}

@test "on a full disk a partial line is removed, and the event is not accepted" {
	head -c 799 /dev/zero | tr '\0' ' ' >events
	echo >>events
	# shellcheck disable=SC2016 # the inner shell's
	rm -f ready && mkfifo ready
	start_background hook bash -c 'trap "" XFSZ; ulimit -f 1; exec 4>ready >>events; exec tc-hook -p transcodely --port 0 --ready-fd 4'
	read -r -t 60 HOOK <ready
	event evt_1 job.succeeded "job_$(printf 'x%.0s' {1..300})"
	[ "$(post "$(signed)")" = 500 ]
	local got=0
	wait "$PID" || got=$?
	[ "$got" = 74 ]
	[ "$(stat -c %s events)" = 800 ]
}

@test "a line that an earlier run left open is ended before the next is written" {
	printf '{"ok":true,"id":"job_0","st' >events
	hook
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed)")" = 200 ]
	stopped 0
	[ "$(jq -R 'fromjson? | .id' events)" = '"job_1"' ]
	lines 2
	# a whole line is left as it is
	hook
	stopped 0
	lines 2
}

@test "a stdout that nobody reads does not hold up the end" {
	local got i code=200
	mkfifo full
	exec 5<>full
	rm -f ready && mkfifo ready
	start_background hook bash -c 'exec 4>ready >full 5>&-; exec tc-hook -p transcodely --port 0 --ready-fd 4'
	read -r -t 60 HOOK <ready
	for i in $(seq 100); do
		printf '{"id":"evt_%s","type":"job.succeeded","data":{"id":"job_1","status":"completed","pad":"%3000s"}}' "$i" '' >body
		code=$(curl -s -m 3 --noproxy '*' -o /dev/null -w '%{http_code}' -H "$(signed)" --data-binary @body "$HOOK") || break
	done
	[ "$code" = 000 ]
	kill "$PID"
	got=0
	wait "$PID" || got=$?
	[ "$got" = 0 ]
	# in the middle of a line it is the second signal that ends it
	rm -f ready && mkfifo ready half
	exec 6<>half
	start_background hook bash -c 'exec 4>ready >half 5>&- 6>&-; exec tc-hook -p transcodely --port 0 --ready-fd 4'
	read -r -t 60 HOOK <ready
	printf '{"id":"evt","type":"job.succeeded","data":{"id":"job_1","status":"completed","pad":"%300000s"}}' '' >body
	curl -s -m 60 --noproxy '*' -o /dev/null -H "$(signed)" --data-binary @body "$HOOK" 3>&- 5>&- 6>&- &
	read -r -N 1 -t 20 <&6
	# two signals at the same moment are one: send until it has ended
	killed() {
		kill "$PID" 2>/dev/null || true
		gone "$PID"
	}
	until_true killed
	got=0
	wait "$PID" || got=$?
	[ "$got" = 143 ]
	exec 5>&- 6>&-
}

@test "the headers are judged before a body comes" {
	hook
	opened
	printf 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n' >&"$FD"
	[ "$(says "$FD")" = 401 ]
	closed "$FD"
	opened
	printf 'POST / HTTP/1.1\r\nHost: h\r\nTranscodely-Signature: t=1700000000,v1=%064d\r\nContent-Length: 4194304\r\n\r\n' 0 >&"$FD"
	[ "$(says "$FD")" = 401 ]
	closed "$FD"
	# a client that sends all of the body in one piece gets the response, too
	head -c 900000 /dev/zero >body
	[ "$(post 'Expect:')" = 401 ]
	[ "$(post 'Expect: 100-continue')" = 401 ]
	head -c 3000000 /dev/zero >body
	[ "$(post)" = 401 ]
}

@test "a request that does not say in one way where its body ends is refused" {
	local how
	hook
	for how in 'Content-Length: 5\r\nContent-Length: 6' 'Content-Length: 5\r\nTransfer-Encoding: chunked' \
		'Transfer-Encoding: chunked\r\nContent-Length: 5' 'Content-Length: +5' 'Transfer-Encoding: gzip, chunked' \
		'Content-Length : 5' 'Content-Length:\r\n 5' 'Transfer-Encoding : chunked' 'Transfer-Encoding:\r\n\tchunked' \
		'X: 1\r\n Content-Length: 5' 'Content-Length: 5\r\nContent-Length : 6'; do
		opened
		printf 'POST / HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n0\r\n\r\n' "$how" >raw
		cat raw >&"$FD"
		[ "$(says "$FD")" = 400 ] || { echo "$how"; return 1; }
		closed "$FD"
	done
	opened
	printf 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}' >&"$FD"
	[ "$(says "$FD")" = 401 ]
	closed "$FD"
}

@test "slow connections do not shut events out" {
	local fds=() i
	hook
	for i in $(seq 400); do
		opened
		printf 'POST / HTTP/1.1\r\nHost: h\r\nX: ' >&"$FD"
		fds+=("$FD")
	done
	event evt_1 job.succeeded job_1
	[ "$(curl -s -m 30 --noproxy '*' -o /dev/null -w '%{http_code}' -H "$(signed)" --data-binary @body "$HOOK")" = 200 ]
	[ "$(find "/proc/$HOOK_PID/fd" | wc -l)" -le 300 ]
	closed "${fds[@]}"
}

@test "bodies that look signed are bounded in memory all together" {
	local fds=() i
	hook
	head -c 4000000 /dev/zero >zeros
	for i in $(seq 40); do
		opened
		fds+=("$FD")
		{
			printf 'POST / HTTP/1.1\r\nHost: h\r\nTranscodely-Signature: t=%s,v1=%064d\r\nContent-Length: 4194304\r\n\r\n' "$(date +%s)" 0
			cat zeros
		} >&"$FD"
	done
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed)")" = 200 ]
	[ -n "${SANITIZED-}" ] || rss 100000
	closed "${fds[@]}"
}

@test "while a secret is changed for another, both are taken" {
	(umask 077 && printf 'whsec_new\n\n  \nwhsec_old\r\n' >secrets)
	unset TRANSCODELY_WEBHOOK_SECRET
	hook --secret-file secrets
	event evt_1 job.succeeded job_1
	[ "$(post "$(signed whsec_old)")" = 200 ]
	event evt_2 job.succeeded job_2
	[ "$(post "$(signed whsec_new)")" = 200 ]
	[ "$(post "$(signed whsec_)")" = 401 ]
	lines 2
	(umask 077 && printf '\n' >none)
	run -78 --separate-stderr tc-hook -p transcodely --secret-file none
	[[ $stderr == *"the key in none is empty"* ]] || false
}

# standard ID [SECONDS]: the three headers of Standard Webhooks for ./body.
standard() {
	local at=$(($(date +%s) + ${2-0}))
	HEADERS=("webhook-id: $1" "webhook-timestamp: $at"
		"webhook-signature: v1a,bm90IG91cnM= v1,$({ printf '%s.%s.' "$1" "$at" && cat body; } | hmac -b "${KEY-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}")")
}

@test "a profile can describe Standard Webhooks" {
	jq '.webhook = {env: "MY_SECRET", header: "webhook-signature", id_header: "webhook-id", time_header: "webhook-timestamp",
		prefix: "v1,", encoding: "base64", key: "base64", key_prefix: "whsec_", signed: "{id}.{time}.{body}",
		type: ["/type"], types: ["job."], job: ["/data"]}' "$ROOT/lib/profiles/transcodely.json" >mine.json
	# the example of the specification
	[ "$(printf 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}' | hmac -b MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw)" = \
		g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= ]
	export MY_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
	hook -p ./mine.json
	event '' job.succeeded job_1
	sed -i 's/"id":"",//' body
	standard msg_1
	[ "$(post "${HEADERS[@]}")" = 200 ]
	[ "$(post "${HEADERS[@]}")" = 200 ]
	lines 1
	[ "$(jq -r .event.id events)" = msg_1 ]
	# each of the three is signed, or must be there
	[ "$(post "webhook-id: msg_2" "${HEADERS[@]:1}")" = 401 ]
	[ "$(post "${HEADERS[0]}" "webhook-timestamp: $(($(date +%s) + 2))" "${HEADERS[2]}")" = 401 ]
	[ "$(post "${HEADERS[@]:1}")" = 401 ]
	[ "$(post "${HEADERS[0]}" "${HEADERS[2]}")" = 401 ]
	[ "$(post "${HEADERS[@]:0:2}" "${HEADERS[2]/ v1,/ v2,}")" = 401 ]
	standard msg_3 -400
	[ "$(post "${HEADERS[@]}")" = 401 ]
	KEY=AAAA standard msg_4
	[ "$(post "${HEADERS[@]}")" = 401 ]
	lines 1
	stopped 0
	MY_SECRET='whsec_no*base64' run -78 --separate-stderr tc-hook -p ./mine.json
	[ "$stderr" = "tc-hook: MY_SECRET: secret 1: expected whsec_BASE64" ]
}

@test "a flood of events that are refused does not fill the log" {
	hook
	curl -s -o /dev/null -d '{}' "$HOOK/[1-50]"
	[ "$(grep -c 'refused an event: it is not signed' hook.err)" = 20 ]
	[ "$(grep -c 'refused an event: it is not signed; more within this minute are only counted' hook.err)" = 1 ]
	stopped 0
	[ "$(tail -n 1 hook.err)" = "50 events: 0 written, 0 repeated, 0 not about jobs, 50 refused" ]
}

@test "a profile can describe other signatures; those that would prove nothing are refused" {
	local wrong
	# a prefix before hexadecimal, the time in a header of its own
	jq '.webhook |= (del(.time, .signature) | .header = "X-Sign" | .prefix = "v0=" | .time_header = "X-Time" | .signed = "v0:{time}:{body}")' \
		"$ROOT/lib/profiles/transcodely.json" >slack.json
	hook -p ./slack.json
	event evt_1 job.succeeded job_1
	local at
	at=$(date +%s)
	[ "$(post "X-Time: $at" "X-Sign: v0=$({ printf 'v0:%s:' "$at" && cat body; } | hmac whsec_test)")" = 200 ]
	[ "$(post "X-Time: $at" "X-Sign: $({ printf 'v0:%s:' "$at" && cat body; } | hmac whsec_test)")" = 401 ]
	lines 1
	while read -r wrong; do
		jq ".webhook |= (. + $wrong)" "$ROOT/lib/profiles/transcodely.json" >bad.json
		run -78 --separate-stderr tc-hook -p ./bad.json
		[[ $stderr == *"/webhook/"* ]] || { echo "$wrong: $stderr"; return 1; }
	done <<-'END'
		{"signed": "{time}"}
		{"signed": "{body}"}
		{"signed": "{id}.{time}.{body}"}
		{"signed": "{time}.{body}{more}"}
		{"id_header": "X-Id"}
		{"time_header": "X-Time"}
		{"encoding": "base32"}
		{"key": "hex"}
	END
}

# asks N: the service was polled N times.
asks() {
	[ "$(stats .requests)" -ge "$1" ]
}

@test "tc-wait -e: a job is asked about when a line names it, and not before" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/held.mp4 https://h/b.mp4 >made
	mapfile -t id < <(jq -r .id made)
	before=$(stats .requests)
	start_background wait tc-wait -u -e word --max-interval 1h "${id[@]}"
	until_true [ -e word ]
	# lines that are not JSON, or name no job, another job, or one that still runs, are ignored
	printf '%s\n' '{"id":' '{"id":7}' '[]' '' 'job_of_others' '{"event":"x"}' "{\"id\":\"${id[0]}\",\"state\":\"running\"}" \
		"{\"id\":\"${id[1]}\",\"state\":\"succeeded\"}" >>word
	until_true test -s wait.out
	[ "$(jq -r .id wait.out)" = "${id[1]}" ]
	[ "$(grep -c 'not JSON' wait.err)" -eq 1 ]
	[ "$(stats .requests)" -eq $((before + 1)) ]
	# polled immediately, after two writes; and since it still runs, again without another event
	printf '%s' "${id[0]}" >>word
	echo >>word
	until_true asks $((before + 2))
	: >gate
	wait "$PID"
	[ "$(jq -r .id wait.out | tr '\n' ' ')" = "${id[1]} ${id[0]} " ]
}

@test "tc-wait -e: an event that came before the job's line counts, from a file and from a FIFO" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/a.mp4 >made
	jq -c '{id}' made >word
	run -0 --separate-stderr timeout 60 tc-wait -e word --max-interval 1h <made
	[ "$(field .state)" = succeeded ]
	mkfifo fifo
	start_background wait timeout 60 tc-wait -e fifo --max-interval 1h "$(jq -r .id made)"
	# two writers, one after the other: a FIFO does not end between them
	echo other >fifo
	jq -r .id made >fifo
	wait "$PID"
	[ "$(jq -r .state wait.out)" = succeeded ]
}

@test "tc-wait -e: an emptied file is read from its start; a job without an event is polled all the same" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/a.mp4 >made
	printf '{%99s\n' x >word
	start_background wait timeout 60 tc-wait -e word --max-interval 1h "$(jq -r .id made)"
	until_true grep -q 'not JSON' wait.err
	jq -r .id made >word
	wait "$PID"
	run -0 --separate-stderr timeout 60 tc-wait -e nobody-writes --max-interval 200ms <made
	[ "$(field .state)" = succeeded ]
	run -78 --separate-stderr tc-wait -e . x
	[[ $stderr == *"--events .: "* ]] || false
}
