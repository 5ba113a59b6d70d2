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
			for tool in tc-create tc-wait tc-url tc-get tc-cancel tc-confirm; do
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
	cp /proc/$pid/environ environ || : >environ # none but root may read it
	grep -q tc-create cmdline
	cat /proc/[0-9]*/cmdline 2>/dev/null >all || true
	kill -KILL $pid
	wait $pid || true
	lacks -F "$KEY" all cmdline environ
	nowhere
}

@test "messages about the key do not contain it" {
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

@test "a key file that contains a NUL is refused: what follows the NUL would be ignored" {
	fake
	mkdir state
	local text
	for text in '%s\0tail\n' '\0%s\n' '%s\0' '%s\nsecond\0third\n'; do
		# shellcheck disable=SC2059
		printf "$text" "$KEY" >keyfile
		chmod 600 keyfile
		for tool in 'tc-create --key-file keyfile x' 'tc-serve --port 0 --key-file keyfile --dir state' \
			'tc-hook -p transcodely --port 0 --secret-file keyfile'; do
			gives 78 timeout 20 $tool
			[[ "$(cat err)" == *"key file keyfile: contains a NUL character"* ]] || false
			lacks "$KEY" err
		done
	done
	[ "$(stats .creates)" = 0 ]
}

@test "a key is not sent to where a redirect or a result points" {
	fake --log requests --fault redirect --on create,get
	gives 1 tc-create https://h/a
	gives 1 tc-wait job_1
	[ "$(stats .second)" = 0 ]
	fake --log requests
	tc-create --quiet https://h/a | tc-wait --quiet | gives 0 tc-url --check
	grep ' GET /files/' requests >heads
	[ -s heads ]
	lacks -F "$KEY" heads
}

# refused MODE_OR_OWNER FIX FILE COMMAND...: with FILE like this it is refused,
# saying that FIX mends it; and FIX does.
refused() {
	local how=$1 fix=$2 file=$3
	shift 3
	case $how in
	[0-9]*:) chown "${how%:}" "$file" ;;
	*) chmod "$how" "$file" ;;
	esac
	gives 78 "$@"
	grep -q ": $fix $file\$" err || { cat err && return 1; }
	sh -c "$fix $file"
}

@test "a file that others own or can write to is refused, with the command that mends it" {
	local mode owner fix
	fake
	echo http://h/a >lines
	echo "$KEY" >keyfile && chmod 600 keyfile
	cp ffmpeg-micro.json own.json
	gives 0 tc-create -l L --rate-file R http://h/a
	mkdir state
	for mode in g+w o+w 1777 2770; do
		refused $mode 'chmod go-w' L tc-create -l L http://h/a
		refused $mode 'chmod go-w' L tc-pool --force-ledger -l L -- true
		refused $mode 'chmod go-w' R tc-create --rate-file R http://h/a
		refused $mode 'chmod go-w' R tc-pool --rate-file R -- true
		refused $mode 'chmod go-w' ./own.json tc-create -p ./own.json -n http://h/a
		refused $mode 'chmod 600' keyfile tc-create --key-file keyfile http://h/a
		refused $mode 'chmod 600' keyfile tc-serve --port 0 --key-file keyfile --dir state
		refused $mode 'chmod go-w' "$BATS_TEST_TMPDIR/state" tc-serve --port 0 --dir state
	done
	mkdir -p tc/profiles && mv own.json tc/profiles/own.json
	for mode in g+r o+r; do
		refused $mode 'chmod 600' keyfile tc-create --key-file keyfile http://h/a
		refused $mode 'chmod 600' keyfile tc-serve --port 0 --key-file keyfile --dir state
	done
	XDG_CONFIG_HOME=$PWD refused 666 'chmod go-w' "$PWD/tc/profiles/own.json" tc-create -p own -n http://h/a
	# nothing above was sent or written
	[ "$(stats .creates)" = 1 ]
	[ "$(id -u)" = 0 ] || skip 'the rest needs root'
	fix="chown $(id -un)"
	for owner in 4711: 65534:; do
		refused $owner "$fix" L tc-create -l L http://h/a
		refused $owner "$fix" R tc-create --rate-file R http://h/a
		refused $owner "$fix" keyfile tc-create --key-file keyfile http://h/a
		refused $owner "$fix" keyfile tc-serve --port 0 --key-file keyfile --dir state
		refused $owner "$fix" ./ffmpeg-micro.json tc-create -n http://h/a
		refused $owner "$fix" "$BATS_TEST_TMPDIR/state" tc-serve --port 0 --dir state
	done
	[ "$(stats .creates)" = 1 ]
}

@test "a name that a shell would read is quoted in what mends it" {
	cp ffmpeg-micro.json "a b'c.json"
	chmod 666 "a b'c.json"
	gives 78 tc-create -p "./a b'c.json" -n http://h/a
	fix=$(sed -n 's/.* by others: //p' err)
	sh -c "$fix"
	gives 0 tc-create -p "./a b'c.json" -n http://h/a
	# a pipe is nobody's file
	gives 0 bash -c 'tc-create -p <(cat ffmpeg-micro.json) -n http://h/a'
}

@test "nor has a core file what is secret without being a service's key" {
	local pid url fd
	fake --fault never --log requests
	jq '.auth = {type: "none"} | .base_url = "http://127.0.0.1/${TOKEN}" | .variables.TOKEN = {secret: true}' ffmpeg-micro.json >token.json
	url=$API
	export TOKEN=word AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=word AWS_REGION=x AWS_ENDPOINT_URL_S3=$url
	echo x >a.mp4
	# private NAME COMMAND...: once it has asked the service, it leaves no core file
	private() {
		: >requests
		"$@" >out 2>err 3>&- &
		pid=$!
		until_true test -s requests
		grep -Eq '^Max core file size +0 +0 ' /proc/$pid/limits
		kill -KILL $pid
		wait $pid || true
	}
	private env -u FFMPEG_MICRO_API_KEY tc-put --to 's3://bucket/{basename}' a.mp4
	private env -u FFMPEG_MICRO_API_KEY tc-wait -p ./token.json --base-url "$url" --interval 10ms job_1
	[ -x "$BUILD/tc-rate" ] || return 0
	mkfifo starts
	TC_RATE_URL=redis://user:word@${url#http://}/x tc-rate <starts 3>&- &
	pid=$!
	exec {fd}>starts
	until_true grep -Eq '^Max core file size +0 +0 ' /proc/$pid/limits
	exec {fd}>&-
	wait $pid
}

@test "while a key is in memory nobody else of this user reads it, and no core file has it" {
	local less=()
	fake --fault never --log requests
	# root without what lets root look into anything is like any other user
	if [ "$(id -u)" = 0 ]; then
		command -v setpriv >/dev/null || skip "no setpriv"
		# shellcheck disable=SC2054 # setpriv's own commas
		less=(setpriv --bounding-set=-sys_ptrace,-sys_admin,-perfmon --inh-caps=-sys_ptrace,-sys_admin,-perfmon)
	fi
	"${less[@]}" bash -c 'exec tc-create https://h/a >out 2>err' 3>&- &
	pid=$!
	until_true grep -qs "$KEY" requests
	grep -Eq '^Max core file size +0 +0 ' /proc/$pid/limits
	"${less[@]}" cat /proc/self/environ >environ
	grep -qF "$KEY" environ
	rm environ
	run -1 "${less[@]}" cat /proc/$pid/environ
	[[ $output == *"ermission denied"* ]] || false
	nowhere
	kill -KILL $pid
	wait $pid || true
}
