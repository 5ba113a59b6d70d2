# shellcheck disable=SC2016,SC1083 # ${NAME} and {id} are a profile's
load helper
load fake

setup() { setup_tc; }
@test "list: every profile with its calls and variables, the user's own among them" {
	run -0 tc-profile list
	[ "${#lines[@]}" = "$(ls "$ROOT"/lib/profiles | wc -l)" ]
	[[ $output == *"mux "*"Mux Video"*"create get list cancel url upload events"*"MUX_TOKEN (not set)"* ]] || false
	mkdir -p cfg/tc/profiles
	jq '.name = "mill" | .auth.env = "MILL_KEY"' "$ROOT/lib/profiles/rendi.json" >cfg/tc/profiles/mill.json
	export XDG_CONFIG_HOME=$PWD/cfg MILL_KEY=x
	run -0 tc-profile list --json
	[ "$(field 'select(.name == "mill") | .file')" = "$PWD/cfg/tc/profiles/mill.json" ]
	[ "$(field 'select(.name == "mill").variables[] | select(.for == "key") | .set')" = true ]
	[ "$(field 'select(.name == "mux").variables[] | select(.for == "key") | .set' | sort -u)" = false ]
	run -0 tc-profile --names list
	[[ $output == *$'\nmill\n'* ]] || false
	echo '{' >cfg/tc/profiles/torn.json
	run -78 --separate-stderr tc-profile list
	[[ $stderr == *"torn.json: line "* ]] || false
	[[ $output == *"mill "* ]] || false
}

@test "show: the profile as it was written, and the same JSON on one line" {
	tc-profile show mux | cmp - "$ROOT/lib/profiles/mux.json"
	run -0 tc-profile show --json mux
	[ "${#lines[@]}" = 1 ]
	[ "$(jq -cS . <<<"$output")" = "$(jq -cS . "$ROOT/lib/profiles/mux.json")" ]
	run -78 tc-profile show muxx
	[[ $output == *"did you mean mux?"* ]] || false
}

# A row of bad-profiles makes a bad profile of a good one: a jq filter, and the member that is named.
@test "check: names the line and the member of every broken profile" {
	local filter member line tried=0
	while IFS=$'\t' read -r filter member; do
		jq "$filter" "$ROOT/lib/profiles/mux.json" >bad.json
		run -78 tc-profile check ./bad.json
		[[ $output == *"$member"* ]] || { printf '%s: %s\n' "$filter" "$output"; return 1; }
		[[ $output =~ bad.json:\ line\ ([0-9]+):\  ]] || { echo "$filter: no line: $output"; return 1; }
		[ "${BASH_REMATCH[1]}" -le "$(wc -l <bad.json)" ]
		# any tool refuses it too, in one line, with the same words
		run -78 tc-create -n -p ./bad.json x
		[ "${#lines[@]}" = 1 ]
		tried=$((tried + 1))
	done <"$ROOT/tests/data/bad-profiles"
	[ "$tried" -ge 50 ]
	jq '.poll.frist = 1' "$ROOT/lib/profiles/mux.json" >bad.json
	line=$(grep -n '"frist"' bad.json | cut -d: -f1)
	run -78 tc-profile check ./bad.json
	[[ $output == *"line $line: /poll/frist"* ]] || false
	printf '{\n"name": "x",\n"jobs": }\n' >bad.json
	run -78 tc-profile check ./bad.json
	[[ $output == *"line 3: not JSON"* ]] || false
	jq '.base_url = "http://mux.example"' "$ROOT/lib/profiles/mux.json" >bad.json
	run -78 tc-profile check ./bad.json
	[[ $output == *"/base_url: "*"a key is not sent over plain http"* ]] || false
	printf '{"name": "x", "name": "y"}' >bad.json
	run -78 tc-profile check ./bad.json
	[[ $output == *"/name: duplicate member"* ]] || false
}

@test "check: all problems at once, in the order of lines, and as JSON" {
	jq '.nmae = 1 | .job.id = "id" | .poll.first = "soon"' "$ROOT/lib/profiles/mux.json" >bad.json
	run -78 tc-profile check bad.json --json
	[ "$(field '.ok')" = false ]
	[ "$(field '[.problems[].member] | join(" ")')" = "/job/id /poll/first /nmae" ]
	[ "$(field '[.problems[].line] | . == sort')" = true ]
}

@test "check: what is missing for which tool, and the request of a line" {
	run -0 tc-profile check rendi https://example.com/film.mov
	[[ $output == *"missing: /cancel: tc-cancel does not work"* ]] || false
	[[ $output == *"missing: /list: tc-list does not work"* ]] || false
	[[ $output == *"POST https://api.rendi.dev/v1/run-ffmpeg-command"* ]] || false
	[[ $output == *"X-API-KEY: ***"* ]] || false
	[[ $output == *'"output_files":{ "out_1": "film.mp4" }'* ]] || false
	export LIVEPEER_S3_SECRET=very-secret-indeed LIVEPEER_API_KEY=key-to-nothing
	run -0 tc-profile check --json livepeer
	[ "$(field '.request.body.storage.credentials.secretAccessKey')" = '${LIVEPEER_S3_SECRET}' ]
	[ "$(field '.request.headers.Authorization')" = 'Bearer ***' ]
	[[ $output != *very-secret* && $output != *key-to-nothing* ]] || false
	# a key in a header is part of the request; without a request there is nothing to say yes to
	jq '.idempotency = {"in": "header", "name": "X-Once"}' "$ROOT/lib/profiles/rendi.json" >once.json
	run -0 tc-profile check --json ./once.json a://b
	[ "$(field .request.headers[\"X-Once\"])" = "$(tc-create -n -p ./once.json a://b | jq -r .key)" ]
	run -0 tc-profile check ./once.json a://b
	[[ $output == *"X-Once: "* ]] || false
	run -78 --separate-stderr tc-profile check --json rendi '{"input":'
	[ "$(field .ok)" = false ]
}

@test "doctor: variables, key, address and clock; the key is sent nowhere" {
	unset FFMPEG_MICRO_API_KEY
	fake --log requests.log
	run -78 tc-profile --base-url "$API" doctor ffmpeg-micro
	[[ $output == *"bad   key"*"set FFMPEG_MICRO_API_KEY"* ]] || false
	[[ $output == *"ok    reach"*"answers: HTTP"* ]] || false
	export FFMPEG_MICRO_API_KEY=never-to-be-sent
	run -0 tc-profile --base-url "$API" doctor --json ffmpeg-micro
	[ "$(field '.ok')" = true ]
	[ "$(field '.checks[] | select(.check == "clock").ok')" = true ]
	lacks never-to-be-sent requests.log
	echo key >key && chmod 644 key
	run -78 tc-profile --base-url "$API" --key-file key doctor ffmpeg-micro
	[[ $output == *"can be read by others (mode 644): chmod 600 key"* ]] || false
	mkdir dir && : >empty && echo 'two words' >words && chmod 600 empty words
	for file in dir:directory empty:empty words:more; do
		run -78 tc-profile --base-url "$API" --key-file "${file%:*}" doctor ffmpeg-micro
		[[ $output == *"bad   key "*"${file#*:}"* ]] || false
		run -78 tc-create -p ffmpeg-micro --base-url "$API" --key-file "${file%:*}" https://h/a
		[[ $output != *chmod* ]] || false
	done
	chmod 600 key
	run -0 tc-profile --base-url "$API" --key-file key doctor ffmpeg-micro
	unset TC_BASE_URL
	run -69 tc-profile --base-url http://127.0.0.1:1 --key-file key doctor ffmpeg-micro
	run -78 tc-profile --base-url http://example.invalid doctor mux
	[[ $output == *"a key is not sent over plain http"* ]] || false
	run -78 tc-profile doctor cloudflare-stream
	[[ $output == *"CLOUDFLARE_ACCOUNT_ID is part of the address, but is not set"* ]] || false
}

@test "schema: has every member of the manual, and every built-in profile keeps to it" {
	local profile
	tc-profile schema >schema.json
	sed -n 's/^\.It Li //p' "$ROOT/man/tc-profile.5" | grep -o '/[a-z/_0-9]*' | sort >page.txt
	jq -r 'def members(at): .properties // {} | to_entries[] | (at + "/" + .key) as $at |
		if .value.properties then .value | members($at) else $at end; members("")' schema.json | grep -v '^/[$]' | sort >has.txt
	diff page.txt has.txt
	for profile in "$ROOT"/lib/profiles/*.json; do
		run -0 jq -r --slurpfile schema schema.json -f "$ROOT/tests/schema.jq" "$profile"
		[ -z "$output" ] || { echo "$profile: $output"; return 1; }
	done
	# the validator finds what is wrong
	jq '.poll.frist = 1 | .states.x = "y" | .jobs = 0 | del(.get)' "$ROOT/lib/profiles/mux.json" >bad.json
	run -0 jq -r --slurpfile schema schema.json -f "$ROOT/tests/schema.jq" bad.json
	[ "${#lines[@]}" = 4 ]
}

@test "usage: one line, 64" {
	local words
	for words in '' bogus 'show' 'list x' 'check' 'doctor a b' '--nosuch list'; do
		# shellcheck disable=SC2086
		run -64 tc-profile $words
		[ "${#lines[@]}" = 1 ]
	done
}
