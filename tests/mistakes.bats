#!/usr/bin/env bats
# The mistakes of someone new: each gets a message that names what is wrong and
# says what to do. A row is: status, command, and after each | a text that
# standard error must have in it. The commands are run by sh, in a directory
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
	mistakes <<-'END'
		64 tc-create --legder L x => unknown option --legder|did you mean --ledger?
		64 tc-create --kye-file k x => did you mean --key-file?
		64 tc-wait --prog x => did you mean --progress?
		64 tc-pool --retry 3 cat => did you mean --retry-on?
		64 tc-create --zebra x => unknown option --zebra|try tc-create --help
		64 tc-url -x y => unknown option -x|try tc-url --help
		64 tc-create -q => option -q requires an argument
		64 tc-wait --unordered=yes x => option --unordered does not take an argument
		64 tc-create -j 0 x => -j: expected a number from 1 to 1024, got "0"
		64 tc-wait --jobs many x => --jobs: expected a number from 1 to 1024, got "many"
		64 tc-pool -j 0 cat => -j: expected|auto|got "0"
		64 tc-wait --timeout 5minutes x => --timeout: expected|500ms, 2s, 5m or 1h|got "5minutes"
		64 tc-create --rate fast x => --rate fast|100/s
		64 tc-create --progress=perhaps x => --progress: expected auto, always or never, got "perhaps"
		64 tc-create --in-doubt=retry x => --in-doubt: expected list, fail or create, got "retry"
		64 tc-serve --port 99999 => --port: expected a number from 0 to 65535, got "99999"
		64 tc-serve films => unexpected argument: films|--media films
		64 tc-report --no-such => --no-such|try tc-report --help
	END
}

@test "services and keys: none, mistyped, refused, where others can read it" {
	mistakes <<-'END'
		78 unset FFMPEG_MICRO_API_KEY; tc-create x => no key for ffmpeg-micro|FFMPEG_MICRO_API_KEY|--key-file
		78 tc-create -p transcodly x => "transcodly"|did you mean transcodely?|ffmpeg-micro, google-transcoder, livepeer, local, mediaconvert
		78 tc-create -p ffmepg-micro x => did you mean ffmpeg-micro?
		78 tc-create -p nosuch x => "nosuch"|known: cloudflare-stream, coconut, ffmpeg-micro|transcodely, zencoder|-p ./NAME.json
		78 tc-create -p ./mine.json x => profile ./mine.json|No such file
		78 tc-create --key-file open-key x => open-key can be read by others|chmod 600 open-key
		78 tc-create --key-file empty-key x => empty-key is empty
		78 tc-create --key-file bad-key x => bad-key contains a space
		78 tc-create --key-file nowhere x => key file nowhere|No such file
		78 FFMPEG_MICRO_API_KEY=secret-key tc-create --base-url http://example.com x => a key is not sent over plain http|use https
		64 TC_BASE_URL=example.com tc-create x => TC_BASE_URL example.com|http:// or https://
		64 tc-create --base-url example.com x => --base-url example.com|http:// or https://
		78 tc-create --cacert nowhere x => --cacert nowhere|No such file
		69 tc-create --base-url http://127.0.0.1:9 --retries 0 https://h/x => http://127.0.0.1:9|cannot be reached
		69 tc-create -p local --base-url http://127.0.0.1:9 --retries 0 x => cannot be reached|tc-serve --media .
	END
}

@test "input: what is not a line, or not the one that was meant" {
	mistakes <<-'END'
		1 tc-create -n <array.json => line 1:|JSON that is spread over several lines|jq -c
		1 tc-create -n <array-line.json => line 1: a JSON array|jq -c '.[]'
		1 jq . object.json | tc-create -n => line 1:|jq -c
		1 tc-create -n <crlf.txt => line 1:|carriage return|tr -d '\r'
		1 tc-create -n <bom.txt => line 1:|byte order mark|sed
		1 tc-create -n <utf-16.txt => line 1:|NUL
		1 tc-create -n "{'url': 'x'}" => line 1: not JSON|double quotes
		1 tc-create -n '' => line 1: the line is empty
		1 tc-create -n <latin-1.txt => line 1: |/f?.mp4: the line is not UTF-8: rename the file|iconv
		1 printf 'f\351.mp4\0' | tc-put -0 --base-url http://127.0.0.1:9 --retries 0 => line 1: f|.mp4: the name is not UTF-8: rename the file
		1 tc-wait --base-url http://127.0.0.1:9 --retries 0 https://h/a.mp4 => line 1: https://h/a.mp4: a URL is not a job id|tc-create
		1 tc-url --base-url http://127.0.0.1:9 --retries 0 http://h/a.mp4 => a URL is not a job id|tc-create
		1 echo '{"input":"a.mov","ok":true,"url":"https://h/a"}' | tc-wait => line 1: a.mov: the record has no job id|tc-create
		64 tc-create -dash.mov => -d ash.mov: expected a JSON object or @FILE|after --
		64 tc-put -dash.mov => -d ash.mov: expected a JSON object or @FILE|after --
		0 tc-create -n -k '{name}' https://h/a => -k {name}: {name} is not a known name|{stem}
		0 tc-create -n -k '{stem}-{/x}{}{1}' '{"inputs":[{"url":"https://h/a"}],"x":1}' => 1 in: 1 ok
		75 tc-get -o '{index}-{filename}' --retries 0 http://127.0.0.1:9/a => -o {index}-{filename}: {filename} is not a known name|{basename}
		64 tc-put -d @nowhere.json a.mov => -d @nowhere.json: No such file
		1 tc-wait null => not job ids|found no id
		74 tc-create -n </ => stdin: Is a directory
		74 tc-create -n <&- => stdin is closed|operands
		0 tc-create -n -p local urls.txt => urls.txt|tc-create < urls.txt
		0 tc-create -n 'https://example.com/two words.mp4' => contains a space|%20
		64 tc-create -n -d defaults.json x => -d defaults.json|-d @defaults.json
		64 tc-create -n -d @nowhere.json x => -d @nowhere.json|No such file
		64 tc-create -n -d '{format:1}' x => -d: not JSON|double quotes
		64 tc-create -n -d '[1]' x => -d [1]: expected a JSON object
		64 tc-create -n -d @bad.json x => -d @bad.json: line 3, column 1|not JSON
		1 tc-create -n <video.mkv => line 1: stdin is not text|give a list
		1 echo '{"url":"https://h/a"}' | tc-create -n => "url" is not ffmpeg-micro's word for a source|{"inputs":[{"url":"https://h/a"}]}|the URL alone
		0 echo '{"inputs":[{"url":"https://h/a"}],"url":"x"}' | tc-create -n => 1 in: 1 ok
		1 echo '{"a":"\\ud800"}' | tc-create -n => line 1: JSON that is not accepted: lone surrogate
		64 tc-create -n -m batch x => -m: expected KEY=VALUE|batch
		64 tc-create -n -q best x => --quality best|high, medium, low|--force
		0 tc-create -n --force -q best https://h/x => --quality best|high, medium, low
		1 tc-create -n clips/a.mkv => clips/a.mkv: ffmpeg-micro reads URLs only|tc-put
		64 tc-create -n -p transcodely -r 4k https://h/x => --resolution 4k|2160p
		78 tc-create -l urls.txt x => urls.txt|not a ledger|use another file name
		78 tc-create -l nowhere/ledger x => nowhere/ledger|No such file
	END
}

@test "tc-pool, tc-report and tc-serve: commands and files that are not there" {
	mistakes <<-'END'
		64 tc-pool => expected a command
		64 tc-pool no-such-command => no-such-command: command not found
		64 tc-pool 'grep one | wc -l' => command not found|sh -c
		64 tc-pool 'echo {}' => echo {}: one word, not a command|remove the quotes|sh -c
		0 tc-pool echo {} <crlf.txt => line 1: the line ends in a carriage return|tr -d '\r'
		64 tc-pool --halt soon cat => --halt: expected|soon,fail=N[%]|got "soon"
		64 tc-pool --retry-on never cat => --retry-on: expected|75,100-105|got "never"
		64 tc-pool -l L -R cat => -R and -l exclude each other
		1 tc-pool '{.src}' <urls.txt => 1 in: 0 ok, 1 failed
		74 tc-report nowhere.jsonl => nowhere.jsonl: No such file
		74 tc-report . => cannot read .: Is a directory
		74 tc-report -l nowhere => nowhere: No such file
		64 tc-pool ./urls.txt => ./urls.txt: Permission denied|not executable (chmod +x)
		1 tc-report <urls.txt => line 1: not JSON
		64 echo x | tc-pool --quiet -l L true >pooled; tc-report L >report => L is a ledger: give it with -l
		1 tc-report notes => notes, line 10: not JSON|notes: 40 more lines cannot be read: is this the output
		64 tc-serve --media nowhere => --media nowhere|No such file
		78 tc-serve --encoder no-such-encoder --dir state => --encoder no-such-encoder
		64 tc-serve --fault status-500=2 => status-500=2|from 0 to 1
	END
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
