#!/usr/bin/env bats
# tc-create: what a line may be, what options do to it, and what becomes of it
# when the service refuses. Lost answers are in faults.bats.

load helper
load fake

codes() {
	jq -r '.error.code // "ok"' out | tr '\n' ' '
}

@test "each line has a record, in input order, and the tally is last on stderr" {
	fake --latency 5
	sources 50 | gives 0 tc-create -j 8
	[ "$(jq -r .input out)" = "$(sources 50)" ]
	[ "$(jq -r .index out | tr '\n' ' ')" = "$(seq -s ' ' 0 49) " ]
	jq -se 'all(.ok and .provider == "ffmpeg-micro" and .status == "pending" and .state == "pending" and (.key | length) == 64)' out
	[ "$(jq -r '.id == .job.id' out | sort -u)" = true ]
	[ "$(tail -n 1 err)" = "50 in: 50 ok, 0 failed, 0 not attempted" ]
	[ "$(stats .jobs)" = 50 ]
	[ "$(stats .most_in_flight)" -le 8 ]
	[ "$(stats .connections)" -le 12 ] # 8, and those that ask for this
}

@test "a bare line is a source as it stands: spaces, quotes, backslashes, anything but JSON" {
	fake --log requests
	printf '%s\n' 'https://h/a b.mp4' "it's.mp4" 'back\slash.mp4' 'null' '12' 'é—日本' "'{}'" >lines
	gives 0 tc-create <lines
	[ "$(jq -r .input out)" = "$(cat lines)" ]
	[ "$(jq -r '.job.inputs[0].url' out)" = "$(cat lines)" ]
}

@test "a JSON string is the same source; an object is the service's own words; a record brings url or input" {
	fake
	printf '%s\n' '"https://h/\u0061.mp4"' '{"inputs":[{"url":"https://h/b.mp4"},{"url":"https://h/c.mp4"}],"outputFormat":"webm"}' \
		'{"ok":true,"url":"https://h/d.mp4","input":"x","mine":[1]}' '{"ok":true,"index":7,"input":"https://h/e.mp4"}' >lines
	gives 0 tc-create <lines
	[ "$(jq -r '[.job.inputs[].url] | join(" ")' out)" = "$(printf '%s\n' https://h/a.mp4 'https://h/b.mp4 https://h/c.mp4' https://h/d.mp4 https://h/e.mp4)" ]
	[ "$(sed -n 2p out | jq -r .job.output_format)" = webm ]
	[ "$(sed -n 3p out | jq -c .mine)" = '[1]' ]
	[ "$(sed -n 4p out | jq -c .index)" = 7 ]
}

@test "every kind of bad line gets one line, invalid_input, and a message that names it" {
	fake
	printf '%s\n' ok1 '{"a":' '"half' '' 'cr\r' '["a"]' '{"ok":true}' '{"ok":true,"url":"a","url":"b"}' '{"ok":true,"input":"a\u0000b"}' \
		'{"ok":1}x' '""' | sed 's/\\r/\r/' >lines
	printf 'nul\0byte\n\377\376\n\357\273\277bom\n{"bad":"\377"}\nlast' >>lines
	gives 1 tc-create <lines
	[ "$(wc -l <out)" = 16 ]
	[ "$(codes)" = "ok invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input invalid_input ok " ]
	jq -se 'all(.[]; .ok or (.error | .temporary == false and (.message | startswith("line "))))' out
	[ "$(jq -r 'select(.ok | not) | .error.message | split(":")[0]' out | tr '\n' ' ')" = "$(seq -f 'line %g' -s ' ' 2 15) " ]
	[ "$(grep -c '^tc-create: line ' err)" = 14 ]
	grep -q 'not JSON' err
	grep -q 'carriage return' err
	grep -q 'byte order mark' err
	grep -q 'NUL byte' err
	grep -q 'not UTF-8' err
	grep -q 'JSON array' err
	grep -q 'duplicate' err
	[ "$(tail -n 1 err)" = "16 in: 2 ok, 14 failed, 0 not attempted" ]
	[ "$(stats .creates)" = 2 ]
}

@test "a list that is not text stops immediately with one message, and nothing is sent" {
	fake
	sources 1000 >list
	iconv -f UTF-8 -t UTF-16 list >bom
	iconv -f UTF-8 -t UTF-16LE list >no-bom
	gzip -c list >packed
	{ printf '\0\0\0 ftypisom\0\0\2\0isomiso2avc1mp41\0\0\0\10free\n'; gzip -c list; } >video
	local file
	for file in bom no-bom packed video; do
		gives 1 tc-create <$file || { echo "$file"; return 1; }
		[ ! -s out ]
		[ "$(wc -l <err)" = 2 ]
		grep -q '^tc-create: line 1: stdin is .*\(NUL\|binary data\)' err
		[ "$(tail -n 1 err)" = "0 in: 0 ok, 0 failed, 0 not attempted" ]
	done
	gives 1 tc-wait <video
	[ "$(wc -l <err)" = 2 ]
	[ "$(stats .requests)" = 0 ]
}

@test "a line over the cap is one bad line, and the next is whole" {
	fake
	{ head -c 40000000 /dev/zero | tr '\0' x; printf '\nok2\n'; } | gives 1 tc-create
	[ "$(codes)" = "invalid_input ok " ]
	[ "$(wc -c <out)" -lt 3000 ]
	grep -q 'over 32 MiB' err
}

@test "a line that came in with ok false goes out with the same bytes" {
	fake
	printf '%s\n' '{ "ok" : false , "n":12345678901234567890, "x":0.10,"\u0061":1e400 ,"error":{"code":"job_failed"}}' \
		'{"ok":false}' '  good' '{"ok":false,"error":{"code":"throttled","temporary":true}}' >lines
	gives 1 tc-create <lines
	[ "$(sed -n '1p;2p;4p' out)" = "$(sed -n '1p;2p;4p' lines)" ]
	[ "$(stats .creates)" = 1 ]
	[ "$(tail -n 1 err)" = "4 in: 1 ok, 3 failed, 0 not attempted" ]
}

@test "members, numbers, escapes, order and white space of a record come out as they came" {
	fake
	cat >lines <<-'END'
		{ "z":12345678901234567890,"ok":true , "a" : 0.10,"url":"https://h/ok", "e":1e400,"m":-0,	"u":"\u00e9\/\ud83d\ude39","o":{ "y":1.0, "x":[ ] } }
	END
	gives 0 tc-create <lines
	want=$(cat lines)
	[[ $(cat out) == "${want% \}} ,\"provider\":"* ]] || [[ $(cat out) == "${want%\}},\"provider\":"* ]]
	grep -qF '"trace":12345678901234567890,"billable_minutes":0.10' out
}

@test "a request body keeps its digits and escapes too" {
	fake --log requests
	gives 0 tc-create -n <<<'{"inputs":[{"url":"u"}],"big":12345678901234567890,"small":0.10,"huge":1e400,"neg":-0,"s":"\u0061"}'
	grep -qF '"request":{"outputFormat":"mp4","inputs":[{"url":"u"}],"big":12345678901234567890,"small":0.10,"huge":1e400,"neg":-0,"s":"\u0061"}' out
	[ "$(stats .requests)" = 0 ]
}

@test "-d, flags and the line are merged in this order" {
	fake
	echo '{"outputFormat":"gif","preset":{"quality":"high"},"extra":{"a":1,"b":2}}' >d.json
	gives 0 tc-create -n -d @d.json -q low -r 720p -m team=video -m 'k=a=b' <<<'{"inputs":[{"url":"u"}],"extra":{"b":null}}'
	jq -e '.request == {outputFormat:"gif",preset:{quality:"low",resolution:"720p"},extra:{a:1},metadata:{team:"video",k:"a=b"},inputs:[{url:"u"}]}' out
	gives 0 tc-create -n -d '{"outputFormat":"gif"}' -f webm u
	jq -e '.request.outputFormat == "webm"' out
	service transcodely
	gives 0 tc-create -n --format hls --quality premium --resolution 720p -b feb gs://b/o
	jq -e '.request | .input_url == "gs://b/o" and .outputs[0].type == "hls" and .outputs[0].video[0] == {codec:"h264",resolution:"720p",quality:"premium"}
		and .metadata.batch_id == "feb" and .idempotency_key == "feb_gs://b/o"' out
	[ "$(stats .requests)" = 0 ]
}

@test "a flag's word that the profile does not list is refused; --force sends it, with a warning" {
	fake
	gives 64 tc-create -n -f mp5 u
	[ ! -s out ]
	gives 0 tc-create -n --force -f mp5 u
	grep -q 'format mp5' err
	[ "$(jq -r .request.outputFormat out)" = mp5 ]
}

@test "keys: -b, -k with its words, shortened with a SHA-256 tail, the default" {
	fake
	service transcodely
	gives 0 tc-create -n -k '{batch}k-{index}-{basename}-{/metadata/n}' '{"input_url":"https://h/d/f.mp4","metadata":{"n":7}}'
	[ "$(jq -r .key out)" = k-0-f.mp4-7 ]
	gives 0 tc-create -n -b feb -k '{batch}-{index}' https://h/a
	[ "$(jq -r .key out)" = feb-0 ]
	gives 0 tc-create -n -b night -k '{batch}/{basename}' https://h/d/f.mp4
	[ "$(jq -r .key out)" = night/f.mp4 ]
	[ "$(jq -r .request.metadata.batch_id out)" = night ]
	long=https://h/$(printf 'x%.0s' $(seq 200))
	gives 0 tc-create -n -k '{input}' "$long"
	[ "$(jq -r .key out)" = "${long:0:63}_$(printf %s "$long" | sha256sum | cut -d ' ' -f 1)" ]
	[ "$(jq -r .request.idempotency_key out)" = "$(jq -r .key out)" ]
	gives 0 tc-create -n a b a
	[ "$(jq -r .key out | sort -u | wc -l)" = 3 ]
	cp out first
	gives 0 tc-create -n a b a
	cmp out first
	gives 1 tc-create -n -k '{/nowhere}' a
	[ "$(codes)" = "invalid_input " ]
}

@test "the same batch twice makes no job twice where the service knows keys" {
	fake
	service transcodely
	sources 10 >lines
	gives 0 tc-create <lines
	jq -r .id out >first
	gives 0 tc-create <lines
	jq -r .id out | cmp - first
	[ "$(stats .jobs)" = 10 ]
}

@test "--shard: the keys of repeats are those of the whole, and another part's ledger is refused" {
	fake
	service transcodely
	printf 'https://h/%s\n' a b a a b c > lines
	gives 0 tc-create -n < lines
	jq -c '[.index, .key]' out > whole
	[ "$(jq -r .key out | sort -u | wc -l)" = 6 ]
	for k in 1 2; do
		gives 0 tc-create -n --shard $k/2 < lines
		jq -c '[.index, .key]' out > part.$k
		[ "$(wc -l < part.$k)" = 3 ]
	done
	paste -d '\n' part.1 part.2 | cmp - whole
	gives 0 tc-create --shard 1/2 -l L < lines
	gives 78 tc-create --shard 1/3 -l L < lines
	gives 78 tc-create -l L < lines
	gives 0 tc-create --shard 1/2 -l L < lines
}

@test "operands are lines; xargs starts several" {
	fake
	gives 0 tc-create one two -- <<<'not read'
	[ "$(wc -l <out)" = 3 ]
	gives 0 tc-create -- -j
	[ "$(jq -r .input out)" = -j ]
	sources 20 | gives 0 xargs -n 5 -P 2 tc-create --quiet
	[ "$(jq -r .input out | sort)" = "$(sources 20)" ]
	[ ! -s err ]
	: | gives 0 tc-create
	[ ! -s out ]
	[ "$(cat err)" = "0 in: 0 ok, 0 failed, 0 not attempted" ]
}

@test "-u writes lines as they end" {
	fake --latency 20 --fault status:503 --first 1 --on create --header 'Retry-After: 1'
	gives 0 tc-create -u -j 1 a b
	[ "$(jq -r .input out | tr '\n' ' ')" = "b a " ]
}

@test "usage: one line, 64, nothing sent" {
	fake
	local args
	while read -r args; do
		# shellcheck disable=SC2086 # words on purpose
		gives 64 tc-create $args </dev/null || { echo "$args"; return 1; }
		[ "$(wc -l <err)" = 1 ] || { echo "$args"; cat err; return 1; }
		[ ! -s out ]
	done <"$ROOT/tests/data/tc-create-usage"
	gives 64 tc-create -b '' x
	gives 64 tc-create -k '' x
	gives 64 tc-create --again x
	grep -q 'requires a ledger' err
	gives 64 tc-pool --again cat </dev/null
	grep -q 'requires a ledger' err
	echo '{}' >d.json
	gives 64 tc-create -d d.json </dev/null
	grep -q 'write -d @d.json' err
	[ "$(stats .requests)" = 0 ]
}

@test "an option after an operand is 64, nothing is sent, and the message says that options come first" {
	fake
	local tool args
	for tool in tc-create tc-wait tc-url tc-cancel; do
		for args in 'a.mkv -n' 'a.mkv --dry-run' 'a b -j 2 c' 'a -lL'; do
			# shellcheck disable=SC2086 # words on purpose
			gives 64 $tool $args
			[ "$(wc -l <err)" = 1 ]
			grep -q 'options come first.*comes after -- or as ./-' err
			[ ! -s out ]
		done
	done
	echo '{"ok":true}' >records
	gives 64 tc-report records --csv
	grep -q 'options come first' err
	gives 64 tc-serve films --port 0
	gives 64 tc-hook x --port 0
	[ "$(stats .requests)" = 0 ]
	# what is meant as it stands
	gives 0 tc-create -- a.mkv -n
	[ "$(jq -r .input out | xargs)" = 'a.mkv -n' ]
	gives 0 tc-create ./-n -
	[ "$(jq -r .input out | xargs)" = './-n -' ]
	cp records ./-r
	gives 0 tc-report -- records -r
	gives 0 tc-report records ./-r
	gives 0 tc-pool cat -u <<<x
	gives 0 tc-pool -- printf %s {} -n <<<x
}

@test "one key for two different requests: the second line fails, naming the first" {
	fake
	printf '%s\n' https://h/1/a.mp4 https://h/2/b.mp4 https://h/2/a.mp4 https://h/1/a.mp4 >lines
	local name
	for name in ffmpeg-micro transcodely; do
		service $name
		gives 1 tc-create -j 1 -k '{basename}' <lines
		[ "$(codes)" = "ok ok invalid_input ok " ]
		jq -se '.[2].error | .message | contains("\"a.mp4\"") and contains("line 1,")' out
		grep -q '^tc-create: line 3: https://h/2/a.mp4: the key "a.mp4" is that of line 1,' err
	done
	# the key that a line brings along, and -b with other members
	gives 1 tc-create -n '{"input_url":"https://h/a","idempotency_key":"k"}' '{"input_url":"https://h/b","idempotency_key":"k"}'
	[ "$(codes)" = "ok invalid_input " ]
	gives 1 tc-create -n -b feb '{"input_url":"https://h/a"}' '{"input_url":"https://h/a","priority":1}'
	[ "$(codes)" = "ok invalid_input " ]
	# a hundred thousand that differ
	seq -f 'https://h/%.0f/a.mp4' 100000 | gives 0 tc-create -n -k '{input}'
}

@test "--help and --version go to stdout, and a full disk there is 74" {
	local tool
	for tool in tc-create tc-wait tc-url; do
		gives 0 $tool --help
		grep -q "^usage: $tool " out
		gives 0 $tool -h
		gives 0 $tool -V
		grep -q "^$tool [0-9]" out
		gives 0 $tool --version
		[ ! -s err ]
		run -74 bash -c "$tool --help >/dev/full"
		run -74 bash -c "$tool --version >&-"
	done
}

@test "no key, a bad key, a key file that others can read: 78 with one line" {
	fake
	unset FFMPEG_MICRO_API_KEY
	gives 78 tc-create x
	grep -q 'set FFMPEG_MICRO_API_KEY' err
	[ "$(wc -l <err)" = 1 ]
	FFMPEG_MICRO_API_KEY=$'two\nlines' gives 78 tc-create x
	FFMPEG_MICRO_API_KEY='a space' gives 78 tc-create x
	echo filekey >key
	chmod 644 key
	gives 78 tc-create --key-file key x
	grep -q 'chmod 600 key' err
	gives 78 tc-create --key-file missing x
	: >empty
	chmod 600 key empty
	gives 78 tc-create --key-file empty x
	[ "$(stats .requests)" = 0 ]
	gives 0 tc-create --key-file key x
	TC_KEY_FILE=key gives 0 tc-create x
	gives 0 tc-create -n x
	lacks filekey out err
}

@test "profiles that are wrong: 78, and the message says where" {
	fake
	gives 78 tc-create -p transcodly x
	grep -q 'did you mean transcodely' err
	gives 78 tc-create -p ./missing.json x
	grep -q 'missing.json' err
	echo '{' >bad.json
	gives 78 tc-create -p ./bad.json x
	grep -q 'not JSON' err
	jq '.job.id = ["id"]' ffmpeg-micro.json >bad.json
	gives 78 tc-create -p ./bad.json x
	grep -q '/job/id: "id"' err
	jq '.job.idd = "/id"' ffmpeg-micro.json >bad.json
	gives 78 tc-create -p ./bad.json x
	grep -q '/job/idd: unknown member' err
	jq '.base_url = "example.com"' ffmpeg-micro.json >bad.json
	unset TC_BASE_URL
	gives 78 tc-create -p ./bad.json x
	grep -q '/base_url' err
	mkdir -p cfg/tc/profiles
	jq '.job.id = "nope"' ffmpeg-micro.json >cfg/tc/profiles/mine.json
	XDG_CONFIG_HOME=$PWD/cfg gives 78 tc-create -p mine x
	grep -q '"nope"' err
}

@test "a key does not go over plain http to a far host: 78, nothing sent" {
	gives 78 timeout 5 tc-create --base-url http://192.0.2.1 x
	grep -q 'plain http' err
	gives 78 timeout 5 tc-wait --base-url http://localhost.example.com x
	gives 78 timeout 5 tc-url --base-url http://127.0.0.1.example.com x
}

@test "what the service rejects is rejected, with its words and status" {
	fake
	printf 'a-reject400\nb\n' | gives 1 tc-create
	[ "$(codes)" = "rejected ok " ]
	sed -n 1p out | jq -e '.error == {code:"rejected",message:"inputs[0].url: not allowed",http:400,temporary:false}'
	service transcodely
	gives 1 tc-create https://h/reject400
	jq -e '.error | .message == "input_url: not allowed" and .reason == "invalid_argument"' out
}

@test "a wrong key stops the run after a few requests: 500 lines, 77, a short message" {
	fake --key right --latency 10
	sources 500 | gives 77 tc-create -j 64
	[ "$(wc -l <out)" = 500 ]
	[ "$(stats .requests)" -le 8 ]
	[ "$(wc -l <err)" -le 4 ]
	jq -se 'all(.[]; .error.code == "unauthorized" or .error.code == "not_attempted")' out
	jq -se 'map(.error.code) | index("unauthorized") != null' out
	[ "$(jq -r .input out)" = "$(sources 500)" ]
}

@test "quota: stops there, the rest is not attempted, 1" {
	fake --fault status:402 --after 30 --on create --latency 2 --body '{"error":"Monthly quota exceeded","message":"used up"}'
	sources 200 | gives 1 tc-create
	[ "$(wc -l <out)" = 200 ]
	[ "$(stats .creates)" -lt 50 ]
	[ "$(jq -r 'select(.error.code == "quota") | .error.message' out | sort -u)" = "used up" ]
	jq -se 'map(.error.code // "ok") | unique == ["not_attempted","ok","quota"]' out
	[ "$(jq -s 'map(select(.ok)) | length' out)" = "$(stats .jobs)" ]
	[ "$(wc -l <err)" -le 4 ]
	service transcodely
	fake --fault status:429 --on create --header 'Error-Code: limit_exceeded' --body '{"code":"resource_exhausted","message":"cap"}'
	sources 20 | gives 1 tc-create
	jq -se 'map(.error.code) | unique == ["not_attempted","quota"]' out
	[ "$(stats .creates)" -le 8 ]
}

@test "a wait longer than --max-wait ends the run at once with 75 and retry_after" {
	fake --fault status:429 --header 'Retry-After: 86400'
	sources 50 | gives 75 timeout 10 tc-create --max-wait 3s
	[ "$(wc -l <out)" = 50 ]
	[ "$(stats .requests)" -le 8 ]
	jq -se 'any(.[]; .error.code == "throttled" and .error.temporary and .error.retry_after >= 86400)' out
	jq -se 'all(.[]; .error.code == "throttled" or .error.code == "not_attempted")' out
}

@test "every form of Retry-After is obeyed, and ends in one job" {
	local form start
	for form in 'Retry-After: 1' 'Retry-After: imf+2' 'Retry-After: rfc850+2' 'Retry-After: asctime+2' 'Retry-After: garbage' \
		'Retry-After: -5' 'Retry-After: 0' ''; do
		fake --fault status:429 --first 1 --header "$form"
		start=$(date +%s%N)
		gives 0 timeout 20 tc-create a b || { echo "$form"; return 1; }
		[ "$(stats .jobs)" = 2 ]
		case $form in
		*' 1' | *+2) [ $(($(date +%s%N) - start)) -ge 1000000000 ] || { echo "too soon: $form"; return 1; } ;;
		esac
	done
}

@test "items recover from two 503s each" {
	fake --fault status:503 --per-item 2 --on create
	sources 20 | gives 0 tc-create -j 10
	[ "$(stats .jobs)" = 20 ]
	[ "$(stats .creates)" = 60 ]
}

@test "when tries run out it is unavailable, temporary, 75; with --in-doubt=fail a 500 is not sent again" {
	fake --fault status:503 --on create
	gives 75 tc-create --retries 1 a
	jq -e '.error | .code == "unavailable" and .http == 503 and .temporary' out
	[ "$(stats .creates)" = 2 ]
	fake --fault status:500 --on create
	gives 75 tc-create --retries 5 --in-doubt=fail a
	jq -e '.error.code == "in_doubt"' out
	[ "$(stats .creates)" = 1 ]
}

@test "a full queue is waited out, other creates with it" {
	service transcodely
	fake --fault status:429 --first 1 --on create --header 'Error-Code: queue_limit_exceeded' --body '{"code":"resource_exhausted","message":"50 pending"}'
	gives 0 timeout 20 tc-create s3://b/a s3://b/b
	[ "$(stats .jobs)" = 2 ]
	fake --fault status:429 --on create --header 'Error-Code: queue_limit_exceeded' --body '{"code":"resource_exhausted","message":"50 pending"}'
	gives 75 timeout 20 tc-create --max-wait 1s https://h/a
	jq -e '.error | .code == "throttled" and .temporary and .reason == "queue_limit_exceeded"' out
}

@test "--rate is kept, without any 429" {
	fake --limit 50:10
	sources 60 | gives 0 tc-create -j 20 --rate 48/s:9
	[ "$(stats .refused_429)" = 0 ]
	[ "$(stats .jobs)" = 60 ]
}

@test "a rate file is shared by processes" {
	fake --limit 50:20 # each alone fits in; all three do not
	sources 60 >lines
	gives 0 xargs -a lines -n 20 -P 3 tc-create -j 20 --rate 45/s:8 --rate-file rate
	[ "$(stats .refused_429)" = 0 ]
	[ "$(stats .jobs)" = 60 ]
	[ "$(stat -c %a rate)" = 600 ]
	echo '{"precious":1}' >other
	gives 78 tc-create --rate-file other x
	gives 78 tc-create --rate-file /dev/null x
	grep -q "not a regular file" err
	[ "$(cat other)" = '{"precious":1}' ]
}

@test "an unreachable service is 69, reported quickly, with a line each" {
	fake
	kill "$FAKE_PID"
	until_true gone "$FAKE_PID"
	sources 5 | gives 69 timeout 20 tc-create --retries 1
	[ "$(wc -l <out)" = 5 ]
	jq -se 'all(.[]; .error.temporary and (.error.code == "unavailable" or .error.code == "not_attempted"))' out
	[ "$(wc -l <err)" -le 4 ]
}

@test "a full disk is 74, a closed stdout or stdin too" {
	fake
	sources 3 >lines
	run -74 bash -c 'tc-create <lines >/dev/full'
	[[ $output == *"No space left"* ]] || false
	run -74 bash -c 'tc-create <lines >&-'
	run -74 bash -c 'tc-create <&- >out'
	run -0 bash -c 'tc-create a <&- >out 2>&-'
	[ "$(stats .creates)" -le 4 ]
}

@test "| head -1 ends quietly, and no more jobs are made" {
	fake --latency 20
	run -0 bash -c 'set -o pipefail; { seq -f "https://h/%g" 300; until [ -e gate ]; do sleep 0.05; done; } | { tc-create -j 2 2>err; echo $? >status; touch gate; } | head -n 1 >out'
	[ "$(wc -l <out)" = 1 ]
	[ "$(cat status)" = 74 ]
	[ "$(stats .creates)" -lt 100 ]
	lacks 'Broken pipe' err
}

@test "TERM: what runs may finish, a line each, 128+15" {
	fake --latency 100
	sources 200 >lines
	bash -c 'exec tc-create -j 2 <lines >out 2>err' 3>&- &
	pid=$!
	until_true test -s out
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" = 143 ]
	[ "$(wc -l <out)" = 200 ]
	[ "$(jq -r .input out)" = "$(cat lines)" ]
	[ "$(jq -s 'map(select(.ok)) | length' out)" = "$(stats .jobs)" ]
	jq -se 'map(.error.code // "ok") | unique - ["ok","not_attempted","interrupted"] == []' out
	tail -n 1 err | grep -q '^200 in: '
}

@test "--quiet says only errors; USR1 says where it stands" {
	fake --latency 300
	gives 0 tc-create --quiet --force -f strange a
	[ ! -s err ]
	bash -c 'exec tc-create a >out 2>err' 3>&- &
	pid=$!
	until_true running_requests
	kill -USR1 $pid
	wait $pid
	grep -q '^tc-create: 0 done, 0 failed, 1 running, 0 queued, ' err
}

running_requests() {
	[ "$(stats .creates)" -ge 2 ]
}

@test "the environment names the service; a proxy is not asked about this machine" {
	fake --key envkey
	http_proxy=http://192.0.2.1:9 all_proxy=http://192.0.2.1:9 FFMPEG_MICRO_API_KEY=envkey gives 0 timeout 10 tc-create a
	TRANSCODELY_API_KEY=envkey TRANSCODELY_ORG_ID=org_1 TC_PROVIDER=transcodely gives 0 tc-create gs://b/a
	[ "$(jq -r .provider out)" = transcodely ]
}

@test "Transcodely's headers go along, the organisation's when it is set" {
	fake --log requests
	service transcodely
	gives 0 tc-create gs://b/a
	grep 'JobService/Create' requests | grep -q '| Transcodely-Version: 2026-05-03 | Connect-Protocol-Version: 1 |'
	lacks Organization requests
	TRANSCODELY_ORG_ID=org_1 gives 0 tc-create gs://b/b
	grep -q '| X-Organization-ID: org_1 |' requests
}

@test "AWS SigV4: every header that is signed is sent" {
	local signed name
	fake --log requests
	jq '.name = "aws" | .auth = {type: "sigv4", sigv4: "aws:amz:eu-west-1:s", env: ["ID:SECRET"]}' \
		ffmpeg-micro.json >aws.json
	export ID=id SECRET=secret
	gives 0 tc-create -p ./aws.json -f mp4 https://h/a.mp4
	gives 0 tc-wait -p ./aws.json "$(jq -r .id out)"
	[ "$(grep -c SignedHeaders requests)" -ge 2 ]
	while read -r line; do
		signed=${line#*SignedHeaders=}
		for name in $(tr ';' ' ' <<<"${signed%%,*}"); do
			grep -qi "| $name: " <<<"$line"
		done
	done < <(grep SignedHeaders requests)
}

@test "--adopt: with all local state lost, what the service lists is taken and only the rest is created" {
	service ffmpeg-micro
	fake
	printf 'https://h/%s.mp4\n' a b b c >lines
	head -n 3 lines | tc-create --quiet -f mp4 -l lost >made
	rm lost
	run -64 tc-create -f mp4 --adopt https://h/a.mp4
	tc-create --quiet -f mp4 -l L --adopt <lines >out
	[ "$(jq -r .ok out | sort -u)" = true ]
	[ "$(jq -r .id out | head -n 3 | sort)" = "$(jq -r .id made | sort)" ]
	[ "$(jq -r .id out | sort -u | wc -l)" = 4 ]
	[ "$(stats .creates)" = 4 ]
	# and the ledger holds them: the same without --adopt makes nothing
	tc-create --quiet -f mp4 -l L <lines >again
	[ "$(jq -r .id again)" = "$(jq -r .id out)" ]
	[ "$(stats .creates)" = 4 ]
}

@test "-0: sources end in NUL, and are never JSON" {
	printf '%s\0' 'https://h/a.mp4' '{odd' 'https://h/new
line.mp4' >names
	run -0 --separate-stderr tc-create -0 -n <names
	[ "$(jq -s 'map(.input)' <<<"$output")" = "$(jq -n '["https://h/a.mp4", "{odd", "https://h/new\nline.mp4"]')" ]
}

@test "a pointer in braces that is not closed within its string is a usage error" {
	fake
	for base in '{"a":"s3://b/{/x"}' '{"a":"{/x","b":"{stem}"}' '{"a":["\"}{/x"],"b":"}"}'; do
		run -64 --separate-stderr tc-create -d "$base" https://h/a.mp4
		[[ $stderr == *"has {/x in it: expected }"* ]] || { echo "$base: $stderr"; false; }
	done
	gives 0 tc-create -n -d '{"a":"\"{/n}","b":"} {"}' '{"n":1,"input_url":"https://h/a.mp4"}'
	[ "$(jq -r .request.a out)" = '"1' ]
}

@test "two lines that would write to one place: the second is refused, naming the first" {
	fake
	jq '.request.output = "/output_url"' ffmpeg-micro.json >placed.json
	gives 1 tc-create -n -p ./placed.json -d '{"output_url":"s3://b/out.mp4"}' https://h/a https://h/b https://h/a
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok invalid_input ok" ]
	sed -n 2p out | jq -e '.error.message | contains("that of line 1") and contains("{stem}")'
	gives 0 tc-create -n -p ./placed.json -d '{"output_url":"s3://b/{dir}/{stem}.mp4"}' x/a.mov y/a.mov
	[ "$(jq -r .request.output_url out | xargs)" = "s3://b/x/a.mp4 s3://b/y/a.mp4" ]
}
