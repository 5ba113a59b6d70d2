#!/usr/bin/env bats
# The key is in no argument list, output, message or file of ours, whatever
# is said of what goes wrong.

load helper
load fake

setup() {
	setup_tc
	setup_fake
	KEY=SECRET-c0ffee-$RANDOM
	export FFMPEG_MICRO_API_KEY=$KEY TRANSCODELY_API_KEY=$KEY
}

teardown() {
	stop_started
}

# Nothing that the tests' directory holds has the key in it, but what only the
# service could know.
nowhere() {
	if grep -rlaF -- "$KEY" . --exclude=requests --exclude=keyfile --exclude=fake.*; then
		return 1
	fi
}

@test "no output, record, message or file has the key in it, with -v and all failures" {
	local name args
	for name in ffmpeg-micro transcodely; do
		service $name
		while read -r args; do
			# shellcheck disable=SC2086 # words on purpose
			fake --log requests $args
			for tool in tc-create tc-wait tc-url tc-cancel; do
				timeout 20 $tool -v --retries 0 --max-wait 2s --rate-file rate https://h/a '{"ok":true,"id":"job_0001","url":"https://h/b"}' \
					>>out 2>>err || [ $? != 124 ]
			done
			nowhere || { echo "$name $args"; return 1; }
			grep -qF "Bearer $KEY" requests
		done <<-'END'

			--fault status:401
			--fault status:402
			--fault status:400
			--fault status:500
			--fault html
			--fault malformed
			--fault close
			--fault redirect
		END
	done
	[ -s out ]
	grep -q 'POST http' err
}

@test "a service that sends the key back does not get it printed with control characters, nor -v headers" {
	fake --log requests
	gives 0 tc-create -v https://h/a
	lacks -i authorization err out
	lacks -i bearer err out
}

@test "the key is in no argument list, and not in the environment with --key-file" {
	unset FFMPEG_MICRO_API_KEY
	echo "$KEY" >keyfile
	chmod 600 keyfile
	fake --fault never --log requests
	bash -c 'exec tc-create -v --key-file keyfile https://h/a >out 2>err' 3>&- &
	pid=$!
	until_true grep -qs "$KEY" requests
	tr '\0' '\n' </proc/$pid/cmdline >cmdline
	cp /proc/$pid/environ environ
	grep -q tc-create cmdline
	cat /proc/[0-9]*/cmdline 2>/dev/null >all || true
	kill -KILL $pid
	wait $pid || true
	lacks -F "$KEY" all cmdline environ
	nowhere
}

@test "messages about the key do not tell it" {
	fake
	FFMPEG_MICRO_API_KEY="$KEY with space" gives 78 tc-create x
	nowhere
	printf '%s\n%s\n' "$KEY" "$KEY" >keyfile
	chmod 600 keyfile
	gives 78 tc-create --key-file keyfile x
	chmod 644 keyfile
	gives 78 tc-create --key-file keyfile x
	gives 78 tc-create --base-url http://192.0.2.1 x
	nowhere
}

@test "a key is not sent to where a redirect or a result points" {
	fake --log requests --fault redirect --on create,get
	gives 1 tc-create https://h/a
	gives 1 tc-wait job_1
	[ "$(stats .second)" = 0 ]
	fake --log requests
	tc-create --quiet https://h/a | tc-wait --quiet | gives 0 tc-url --check
	grep ' HEAD ' requests >heads
	[ -s heads ]
	lacks -F "$KEY" heads
}
