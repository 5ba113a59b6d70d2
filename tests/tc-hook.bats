#!/usr/bin/env bats
# Webhooks: tc-hook takes events, tc-wait -e goes by them, tc-serve sends them.

load helper

setup() {
	setup_tc
	export TRANSCODELY_API_KEY=test-key TRANSCODELY_WEBHOOK_SECRET=whsec_test
}

teardown() {
	stop_started
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

stats() {
	curl -s "$TC_BASE_URL/_stats" | jq "$1"
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
	[ "$(tail -n 1 hook.err)" = "5 events: 5 written, 0 repeated, 0 of no job, 0 refused" ]
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

@test "what is heard can be waited for and fetched by itself, and a batch counted" {
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
	[ "$(tail -n 1 hook.err)" = "11 events: 2 written, 1 repeated, 0 of no job, 8 refused" ]
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

@test "stdout that takes no more ends it with 74, and the event is not taken" {
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

@test "what is wrong is said before anything is heard" {
	run -64 --separate-stderr tc-hook -p transcodely x
	run -64 --separate-stderr tc-hook -p transcodely --port 65536
	run -78 --separate-stderr tc-hook -p local
	[[ $stderr == *"profile local: /webhook/job: missing: this service sends no events"* ]] || false
	run -74 --separate-stderr tc-hook -p transcodely --listen nowhere
	[[ $stderr == *"a numeric address is wanted"* ]] || false
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

# asks N: so many questions about jobs were put to the service.
asks() {
	[ "$(stats .requests)" -ge "$1" ]
}

@test "tc-wait -e: whoever a line names is asked about then, and not before" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/held.mp4 https://h/b.mp4 >made
	mapfile -t id < <(jq -r .id made)
	before=$(stats .requests)
	start_background wait tc-wait -u -e word --max-interval 1h "${id[@]}"
	until_true [ -e word ]
	# what is no JSON, or names nobody or another job, or one that goes on, is passed over
	printf '%s\n' '{"id":' '{"id":7}' '[]' '' 'job_of_others' '{"event":"x"}' "{\"id\":\"${id[0]}\",\"state\":\"running\"}" \
		"{\"id\":\"${id[1]}\",\"state\":\"succeeded\"}" >>word
	until_true test -s wait.out
	[ "$(jq -r .id wait.out)" = "${id[1]}" ]
	[ "$(grep -c 'not JSON' wait.err)" -eq 1 ]
	[ "$(stats .requests)" -eq $((before + 1)) ]
	# asked at once, in two writes; and as it goes on all the same, again without more word
	printf '%s' "${id[0]}" >>word
	echo >>word
	until_true asks $((before + 2))
	: >gate
	wait "$PID"
	[ "$(jq -r .id wait.out | tr '\n' ' ')" = "${id[1]} ${id[0]} " ]
}

@test "tc-wait -e: word that came before the job's line counts, from a file and from a FIFO" {
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

@test "tc-wait -e: a file that was emptied is read anew; without word the job is asked about all the same" {
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
