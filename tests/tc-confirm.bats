#!/usr/bin/env bats
# tc-confirm: jobs that wait for their price to be confirmed.

load helper
load fake

setup() {
	setup_tc
	setup_fake
	export TRANSCODELY_API_KEY=test-key
}

# priced SOURCE...: jobs that wait to be confirmed, in ./made, and as tc-wait leaves them, in ./priced.
priced() {
	export TC_PROVIDER=transcodely
	tc-create --quiet -f mp4 -r 480p -d '{"managed":true,"delayed_start":true}' "$@" >made
	tc-wait --quiet --interval 20ms <made >priced 2>err || [ $? -eq 1 ]
	[ "$(jq -r .error.code priced | sort -u)" = job_blocked ]
}

@test "jobs that wait are confirmed, from tc-wait's records or from ids, and run to their end" {
	serve --encoder "$ENCODER"
	priced https://h/a.mp4 https://h/b.mp4
	[ "$(jq -r .error.message priced | grep -c 'waits for a confirmation.*: tc-confirm starts it, tc-cancel cancels it$')" = 2 ]
	run -0 --separate-stderr tc-confirm <priced
	[ "$(jq -c '[.input, .ok, .error]' <<<"$output")" = "$(printf '["https://h/%s.mp4",true,null]\n' a b)" ]
	tc-wait --quiet --interval 20ms <<<"$output" >ended
	[ "$(jq -r .state ended | sort -u)" = succeeded ]
	priced https://h/c.mp4
	run -0 --separate-stderr tc-confirm "$(jq -r .id made)"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "a job that does not wait yet is confirmed as soon as it does; one that never will is no success" {
	serve --encoder "$ENCODER" -j 1
	export TC_PROVIDER=transcodely
	tc-create --quiet -f mp4 -r 480p -d '{"managed":true,"delayed_start":true}' https://h/{a,b,c}.mp4 >made
	run -0 --separate-stderr tc-confirm <made
	tc-wait --quiet --interval 20ms <<<"$output" >ended
	[ "$(jq -r .state ended | sort | uniq -c | xargs)" = "3 succeeded" ]
	tc-create --quiet -f mp4 -r 480p -d '{"managed":true}' https://h/held.mp4 >made
	run -1 --separate-stderr tc-confirm --retries 0 <made
	[ "$(jq -c '[.ok, .error.code]' <<<"$output")" = '[false,"rejected"]' ]
}

@test "confirming twice does no harm; a canceled job is too late" {
	serve --encoder "$ENCODER"
	priced https://h/a.mp4
	tc-confirm --quiet <priced >out
	tc-wait --quiet --interval 20ms <out >ended
	run -0 --separate-stderr tc-confirm <priced
	[ "$(jq -c '[.ok, .state]' <<<"$output")" = '[true,"succeeded"]' ]
	priced https://h/b.mp4
	tc-cancel --quiet <priced >out
	run -1 --separate-stderr tc-confirm <priced
	[ "$(jq -c '[.ok, .error.code]' <<<"$output")" = '[false,"rejected"]' ]
	[[ $stderr = *"the job has ended already (canceled)"* ]] || false
}

@test "a confirm whose response is lost is seen to have arrived" {
	serve --encoder "$ENCODER"
	priced https://h/a.mp4 https://h/b.mp4 https://h/c.mp4
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --fault drop-after=0.5,status-500-after=0.2 --seed 3
	export TC_PROVIDER=transcodely
	run -0 --separate-stderr tc-confirm --retries 50 <priced
	[ "$(jq -r .ok <<<"$output" | xargs)" = "true true true" ]
}

@test "other failed records pass; a job that is not there is rejected; a service without the call is 78" {
	serve --encoder "$ENCODER"
	export TC_PROVIDER=transcodely
	local bad='{"ok":false,"id":"job_x","error":{"code":"job_failed","message":"m","temporary":false}}'
	run -1 --separate-stderr tc-confirm <<<"$bad"
	[ "$output" = "$bad" ]
	run -1 --separate-stderr tc-confirm --retries 0 job_0000000000
	[ "$(jq -r .error.code <<<"$output")" = rejected ]
	run -78 --separate-stderr tc-confirm -p ffmpeg-micro job_1
	[ "$stderr" = "tc-confirm: profile ffmpeg-micro: /confirm: missing: this service has no call for it" ]
}
