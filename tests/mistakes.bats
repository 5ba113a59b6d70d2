#!/usr/bin/env bats
# The mistakes of someone new: each gets a message that names what is wrong and
# says what to do. A row of tests/data/mistakes is: status, command, and after
# each | a text that standard error must have in it. The commands are run by sh, in a directory
# with the files that setup makes.

load helper
load fake

setup() {
	setup_tc
	setup_fake
	printf 'https://example.com/one.mp4\n' >urls.txt
	printf '[\n  "https://example.com/one.mp4",\n  "https://example.com/two.mp4"\n]\n' >array.json
	printf '["https://example.com/one.mp4"]\n' >array-line.json
	printf '{\n  "url": "https://example.com/one.mp4"\n}\n' >object.json
	printf 'https://example.com/one.mp4\r\n' >crlf.txt
	printf '\357\273\277https://example.com/one.mp4\n' >bom.txt
	printf 'https://example.com/f\351.mp4\n' >latin-1.txt
	printf '\377\376h\0t\0t\0p\0' >utf-16.txt
	echo '{"outputFormat":"webm"}' >defaults.json
	printf '{\n  "outputFormat": "webm",\n}\n' >bad.json
	head -c 4096 /dev/zero | tr '\0' '\1' >video.mkv
	seq -f 'x%g' 50 >notes
	printf 'secret-key\n' >open-key && chmod 644 open-key
	printf '' >empty-key && chmod 600 empty-key
	printf 'two words\n' >bad-key && chmod 600 bad-key
	export TC_PROVIDER=ffmpeg-micro
	unset TC_BASE_URL
}

# mistakes: the rows on stdin, each run; all that fail are shown.
mistakes() {
	local status command wanted text got rows=0 bad=0
	while IFS=' ' read -r status command; do
		[ -n "$status" ] || continue
		rows=$((rows + 1)) got=0
		IFS='|' read -r -a wanted <<<"${command#*" => "}"
		command=${command%%" => "*}
		timeout 60 sh -c "$command" >out 2>err </dev/null 3>&- || got=$?
		for text in "${wanted[@]}"; do
			grep -qF -e "$text" err || { echo "not said: $text"; got="$got, not all said"; }
		done
		if grep -q 'secret-key' out err; then
			got="$got, the key is shown"
		fi
		# of wrong usage one line, and nothing done
		if [ "$status" = 64 ] && { [ -s out ] || [ "$(wc -l <err)" != 1 ]; }; then
			got="$got, more than a line"
		fi
		[ "$got" != "$status" ] || continue
		printf '%s\n  wanted status %s, got %s; stderr:\n' "$command" "$status" "$got"
		sed 's/^/  /' err
		bad=1
	done
	[ "$rows" -gt 0 ] && [ "$bad" = 0 ]
}

@test "a row that does not hold is detected" {
	run ! mistakes <<-'END'
		64 tc-create --no-such => an option of that name
	END
	[[ $output == *'not said: an option of that name'* ]] || false
	run ! mistakes <<-'END'
		1 tc-create --no-such => --no-such
	END
	[[ $output == *'wanted status 1, got 64'* ]] || false
	run ! mistakes </dev/null
}

@test "options: unknown, mistyped, without a value, out of range" {
	mistakes <"$ROOT/tests/data/mistakes/options"
}

@test "services and keys: none, mistyped, refused, where others can read it" {
	mistakes <"$ROOT/tests/data/mistakes/services-and-keys"
}

@test "input: what is not a line, or not the one that was meant" {
	mistakes <"$ROOT/tests/data/mistakes/input"
}

@test "tc-pool, tc-report and tc-serve: commands and files that are not there" {
	mistakes <"$ROOT/tests/data/mistakes/commands-and-files"
}

@test "another command with the same ledger: what differs" {
	serve --encoder "$ENCODER"
	tc-create -q high -l L https://h/a >out
	run -78 --separate-stderr tc-create -q low -f webm -l L https://h/a
	[[ $stderr == *'was made by a different tc-create command line (outputFormat "mp4", now "webm"; preset {"quality":"high"}, now {"quality":"low"});'* ]] || false
	[[ $stderr == *'rerun that one, use another ledger, or pass --force-ledger' ]] || false
	run -78 --separate-stderr tc-create -q high -b batch -l L https://h/a
	[[ $stderr == *'(batch none before, now "batch"; '* ]] || false
}

@test "a ledger that fills the disk: 74, and the tally all the same" {
	fake
	unset TC_BASE_URL
	service ffmpeg-micro
	seq -f https://h/%g 40 >lines
	run -74 --separate-stderr bash -c 'ulimit -f 4; exec tc-create --base-url "$1" -l L <lines >out' _ "$API"
	[[ ${stderr_lines[-2]} == *'ledger L: '*'File too large'* ]] || false
	[[ ${stderr_lines[-1]} =~ ^'40 in: '[0-9]+' ok, '[0-9]+' failed, '[0-9]+' not attempted'$ ]]
}

@test "a certificate that cannot be trusted, and a proxy that wants a password: libcurl's own reason" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=elsewhere 2>/dev/null
	start_background tls openssl s_server -accept 127.0.0.1:0 -key key.pem -cert cert.pem -www
	until_true grep -q ACCEPT tls.out
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' tls.out)
	export FFMPEG_MICRO_API_KEY=test-key
	run -69 --separate-stderr tc-create --base-url "https://127.0.0.1:$port" --retries 0 https://h/a
	[[ $stderr == *self*signed* ]] || false
	run -69 --separate-stderr tc-create --cacert cert.pem --base-url "https://127.0.0.1:$port" --retries 0 https://h/a
	[[ $stderr == *127.0.0.1*match* || $stderr == *'no alternative'* ]] || false
	fake --fault status:407
	https_proxy=$API run -69 --separate-stderr tc-create --base-url https://api.example --retries 0 https://h/a
	[[ $stderr == *407* ]] || false
}

@test "an HTML page where JSON or a file should be: its title, on one line" {
	service ffmpeg-micro
	fake --fault status:404 --body "$(printf '<!DOCTYPE html>\n<html>\n<title>Nothing\n here</title>')"
	export API
	mistakes <<-'END'
		1 tc-create https://h/a => line 1: https://h/a: HTTP 404: an HTML page: Nothing here
		1 tc-get "$API/a.mp4" => a.mp4: HTTP 404: an HTML page: Nothing here
	END
}

@test "reasons that differ in a name or in the number of a line are one reason" {
	seq -f 'https://h/a/clip-%g.mp4' 8 >same.txt
	seq -f 'https://h/b/clip-%g.mp4' 8 >>same.txt
	run -1 --separate-stderr tc-create -n -k '{stem}.key' <same.txt
	[ "$(grep -c 'is that of line' <<<"$stderr")" = 4 ]
	[[ ${stderr_lines[3]} == 'tc-create: 5 more: the same: the key '* ]] || false
}

@test "an exhausted quota is reported once, with the number of lines not attempted" {
	serve --encoder "$ENCODER" --quota 1
	run -1 --separate-stderr tc-create -j 1 https://example.com/one.mp4 https://example.com/two.mp4 https://example.com/three.mp4
	[ "$(grep -c 'quota exhausted; nothing more will be sent in this run' <<<"$stderr")" = 1 ]
	[[ $stderr == *"3 in: 1 ok, 1 failed, 1 not attempted" ]] || false
}

@test "a refused key is reported once, with where it came from" {
	serve --encoder "$ENCODER"
	TC_LOCAL_API_KEY=another run -77 --separate-stderr tc-create -j 1 one.mp4 two.mp4
	[ "$(grep -c 'the key was refused: check TC_LOCAL_API_KEY' <<<"$stderr")" = 1 ]
	[[ $stderr != *another* ]] || false
}

@test "a clock that is off by a day is reported once, with its direction" {
	service ffmpeg-micro
	fake --fault status:503 --on create --first 2 --commit no --header 'Date: imf+86400'
	run -0 --separate-stderr tc-create -j 1 https://example.com/one.mp4 https://example.com/two.mp4
	[ "$(grep -c "clock is 1440 minutes behind the service's: set it\|clock is 1439 minutes behind" <<<"$stderr")" = 1 ]
	fake --fault status:503 --on create --first 1 --commit no --header 'Date: imf+-7200'
	run -0 --separate-stderr tc-create https://example.com/one.mp4
	[ "$(grep -c "clock is 1[12][0-9] minutes ahead of the service's" <<<"$stderr")" = 1 ]
	# a minute is nothing
	fake --fault status:503 --on create --first 1 --commit no --header 'Date: imf+60'
	run -0 --separate-stderr tc-create https://example.com/one.mp4
	[[ $stderr != *clock* ]] || false
}

@test "a tool that reads lines from a terminal says that it is waiting for them" {
	command -v script >/dev/null || skip "script is not installed"
	script -qec true /dev/null </dev/null >/dev/null 2>&1 3>&- || skip "script knows no -e and -c"
	# the terminal that script makes hangs up as soon as this ends
	start_background typed timeout 30 script -qec 'tc-create -n </dev/tty & p=$!; until grep -q terminal typed.out; do sleep 0.02; done; kill $p' /dev/null
	until_true grep -q 'reading lines from the terminal: Ctrl-D ends them' typed.out
	until_true gone "$PID"
}
