#!/usr/bin/env bats
# tc-cancel: what is canceled, what has ended before, and what is not heard of.

load helper
load fake

setup() {
	setup_tc
	setup_fake
	export TRANSCODELY_API_KEY=test-key
}

# made SOURCE...: a job for each, its record in ./made.
made() {
	tc-create --quiet -d "${BODY-{\}}" "$@" >made
}

service() {
	export TC_PROVIDER=$1
	BODY='{}'
	[ "$1" = local ] || BODY='{"managed":true}'
}

ended() {
	tc-wait --quiet <made >ended || true
	[ "$(jq -r .state ended | sort -u)" = "$1" ]
}

@test "running jobs are canceled, on both services; the records say so" {
	serve --encoder "$ENCODER" -j 1
	local name
	for name in local transcodely; do
		service $name
		made https://h/held-1.mp4 https://h/held-2.mp4
		run -0 --separate-stderr tc-cancel <made
		[ "$(jq -c '[.input, .ok, .status, .state, .job.status, .error]' <<<"$output")" = "$(printf '["https://h/held-%d.mp4",true,"canceled","canceled","canceled",null]\n' 1 2)" ]
		[ "$(jq -r .id <<<"$output")" = "$(jq -r .id made)" ]
		[ "$stderr" = "2 in: 2 ok, 0 failed, 0 not attempted" ]
		ended canceled
		# again, by bare ids: they are canceled
		run -0 --separate-stderr tc-cancel $(jq -r .id made)
		[ "$(jq -r .state <<<"$output" | sort -u)" = canceled ]
	done
	: >gate
}

@test "-n asks how the jobs are, and cancels none" {
	serve --encoder "$ENCODER"
	service local
	made https://h/held.mp4 https://h/a.mp4
	sed -n 2p made | tc-wait --quiet >/dev/null
	run -1 --separate-stderr tc-cancel -n <made
	[ "$(jq -r '[.ok, .state, .error.code // "-"] | join(" ")' <<<"$output")" = "$(printf '%s\n' 'true running -' 'false succeeded rejected')" ]
	[ "$(stats '.cancels // 0')" = 0 ]
	: >gate
	sed -n 1p made | run -0 tc-wait --quiet
}

@test "-n cancels nothing: it sends status requests alone, also for a bare id" {
	setup_fake
	fake --log requests
	made https://h/a.mp4 https://h/b.mp4
	: >requests
	# they end by themselves, now or later
	run --separate-stderr tc-cancel -n $(jq -r .id made)
	[ "$status" -le 1 ]
	[ "$(jq -c '[.input, .id]' <<<"$output")" = "$(jq -c '[.id, .id]' made)" ]
	[ "$(jq -r .state <<<"$output" | sort -u | grep -c canceled)" = 0 ]
	grep -q ' GET ' requests
	lacks -E ' (PATCH|POST|DELETE) ' requests
	run -1 --separate-stderr tc-cancel -n --retries 0 job_of_nobody
	[ "$(jq -r .error.code <<<"$output")" = rejected ]
}

@test "--quiet: no tally, and errors all the same" {
	serve --encoder "$ENCODER"
	service local
	made https://h/held.mp4
	run -0 --separate-stderr tc-cancel --quiet <made
	[ "$(jq -r .state <<<"$output")" = canceled ]
	[ -z "$stderr" ]
	run -1 --separate-stderr tc-cancel --quiet job_of_nobody
	[ "$(jq -r .error.code <<<"$output")" = rejected ]
	[[ $stderr == "tc-cancel: "*job_of_nobody* ]] || false
	: >gate
}

@test "an ended job and an unknown one are reported, with status 1; the others are canceled" {
	serve --encoder "$ENCODER"
	local name
	for name in local transcodely; do
		service $name
		rm -f gate
		made https://h/a.mp4 https://h/fail.mp4
		tc-wait --quiet <made >ended || true
		made https://h/held.mp4
		run -1 --separate-stderr sh -c '{ jq -r .id ended; echo job_of_nobody; jq -r .id made; } | tc-cancel --retries 2'
		[ "$(jq -c '[.ok, .state, .error.code, .error.temporary]' <<<"$output")" = \
			'[false,"succeeded","rejected",false]
[false,"failed","rejected",false]
[false,null,"rejected",false]
[true,"canceled",null,null]' ]
		[[ $stderr == *"line 1: "*": the job has ended already (completed)"* ]] || false
		: >gate
	done
}

@test "a cancel whose response was lost is sent again, and is not a failure" {
	serve --encoder "$ENCODER"
	made https://h/held-1.mp4 https://h/held-2.mp4 https://h/held-3.mp4
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --fault drop-after=0.5,status-500-after=0.2 --seed 3
	run -0 --separate-stderr tc-cancel --retries 50 <made
	[ "$(jq -r .state <<<"$output" | sort | uniq -c | tr -s ' ')" = " 3 canceled" ]
	: >gate
}

@test "with a ledger: ended jobs are known, cancels are recorded, and tc-create --again makes new jobs" {
	serve --encoder "$ENCODER"
	export TC_LEDGER=L
	printf 'https://h/%s.mp4\n' a held >lines
	tc-create --quiet <lines >made
	head -n 1 made | tc-wait --quiet >ended
	run -1 --separate-stderr tc-cancel <made
	[ "$(jq -r '.error.message // .state' <<<"$output")" = "$(printf '%s\n' 'the job has ended already (completed)' canceled)" ]
	[ "$(jq -r 'select(.t == "ended") | .tool + " " + .state' L)" = "$(printf '%s\n' 'tc-wait succeeded' 'tc-cancel canceled')" ]
	gets=$(stats .requests)
	run -1 --separate-stderr tc-cancel <made
	[ "$(stats .requests)" -eq "$gets" ]
	: >gate
	run -0 --separate-stderr tc-create --again <lines
	[ "$(jq -r .id <<<"$output" | sort - <(jq -r .id made) | uniq -d | wc -l)" -eq 1 ]
}

@test "failed lines pass, bad ones are reported, a service without the call is 78" {
	serve --encoder "$ENCODER"
	printf '%s\n' '{"ok":false,"id":"x","n":1e400}' '{"ok":true}' >lines
	run -1 --separate-stderr tc-cancel <lines
	[ "${lines[0]}" = '{"ok":false,"id":"x","n":1e400}' ]
	[ "$(jq -r .error.code <<<"${lines[1]}")" = invalid_input ]
	jq 'del(.cancel)' "$ROOT/lib/profiles/local.json" >mine.json
	run -78 --separate-stderr tc-cancel -p ./mine.json x
	[ "$stderr" = "tc-cancel: profile local: /cancel: missing: this service has no call for it" ]
	TC_LOCAL_API_KEY=wrong
	echo right >key && chmod 600 key
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --key-file key
	run -77 --separate-stderr tc-cancel x y
	[ "$(jq -r .error.code <<<"$output" | xargs)" = "unauthorized unauthorized" ] ||
		[ "$(jq -r .error.code <<<"$output" | xargs)" = "unauthorized not_attempted" ]
}

@test "a response without a body is accepted: the cancel is sent once" {
	local status
	for status in 204 200 202; do
		fake --polls 99 --fault status:$status --on cancel --commit yes --body ''
		service ffmpeg-micro
		TC_PROVIDER=./ffmpeg-micro.json
		tc-create --quiet https://h/a >made
		gives 0 timeout 20 tc-cancel <made
		jq -e '.ok and .status == "canceled" and .state == "canceled"' out
		[ "$(stats .cancels)" = 1 ]
	done
}

@test "where a cancel deletes the job, one that is gone afterwards is canceled; one that never was is not" {
	TC_PROVIDER=./ffmpeg-micro.json
	jq '.cancel = {method: "DELETE", path: "/v1/transcodes/{id}"}' ffmpeg-micro.json >deletes.json
	jq '.cancel.gone = [404]' deletes.json >told.json
	local profile
	for profile in deletes told; do
		rm -f L
		fake --polls 99
		tc-create --quiet -l L https://h/a https://h/b >made
		gives 0 timeout 20 tc-cancel -p ./$profile.json -l L <made
		jq -se 'all(.ok and .status == "canceled" and .state == "canceled" and .job.status == "pending")' out
		[ "$(stats .cancels)" = 2 ]
		[ "$(stats .gets)" = 4 ] # before, and after
		[ "$(jq -r 'select(.t == "ended").state' L | xargs)" = "canceled canceled" ]
		# the ledger knows, and so does the record
		gives 0 timeout 20 tc-cancel -p ./$profile.json -l L <made
		[ "$(stats .cancels)" = 2 ]
		gives 0 timeout 20 tc-cancel -p ./$profile.json <made
		gives 1 timeout 20 tc-cancel -p ./$profile.json job_of_nobody
		jq -e '.error.code == "rejected"' out
	done
	jq '.cancel.gone = [410]' deletes.json >other.json
	tc-create --quiet https://h/c >made
	gives 1 timeout 20 tc-cancel -p ./other.json --retries 1 <made
}

@test "where a cancel deletes the job, one that has ended is not canceled, and keeps its outputs" {
	TC_PROVIDER=./ffmpeg-micro.json
	jq '.cancel = {method: "DELETE", path: "/v1/transcodes/{id}"}' ffmpeg-micro.json >deletes.json
	fake
	tc-create --quiet https://h/a | tee made | tc-wait --quiet >ended
	for lines in made ended; do
		gives 1 timeout 20 tc-cancel -p ./deletes.json <$lines
		jq -e '.error.code == "rejected" and (.error.message | contains("has ended already"))' out
	done
	[ "$(stats .cancels)" = 0 ]
}

@test "a cancel that finds no job yet is sent again" {
	TC_PROVIDER=./ffmpeg-micro.json
	local status
	for status in 404 409 423; do
		fake --polls 99 --fault status:$status --on cancel,get --per-item 2
		tc-create --quiet https://h/a >made
		gives 0 timeout 20 tc-cancel <made
		jq -e '.ok and .state == "canceled"' out
	done
}

@test "a record that tc-wait has given up is canceled" {
	TC_PROVIDER=./ffmpeg-micro.json
	fake --polls 99
	tc-create --quiet https://h/a | tc-wait --quiet --timeout 100ms >left || [ $? = 75 ]
	gives 0 tc-cancel <left
	jq -e '.ok and .state == "canceled" and (has("error") | not)' out
}

@test "nothing has to be read from the response to a cancel: what is no JSON is followed by a look at the job" {
	TC_PROVIDER=./ffmpeg-micro.json
	local fault
	for fault in html malformed empty 'status:200 --body OK' 'status:202 --body {a'; do
		# shellcheck disable=SC2086
		fake --polls 99 --fault $fault --on cancel --commit yes
		tc-create --quiet https://h/a >made
		gives 0 timeout 20 tc-cancel <made
		jq -e '.ok and .state == "canceled"' out
		[ "$(stats .cancels .gets)" = "1 1" ]
		gives 0 timeout 20 tc-cancel --retries 0 "$(jq -r .id made)"
	done
	# the job's state is believed
	fake --fault html --on cancel
	tc-create --quiet https://h/a | tee made | tc-wait --quiet >ended
	gives 1 timeout 20 tc-cancel <made
	jq -e '.error.message | contains("has ended already")' out
}
