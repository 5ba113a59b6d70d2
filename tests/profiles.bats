# The profiles that are compiled in, held to cases: a folder of tests/profiles for each, with common.json (base: what
# stands before the paths; env) and a file a case:
#
#	run        the tool and its arguments; -p and --base-url are added
#	input      the line
#	exchanges  the requests (method, path, some headers; body, if it says so, exactly) and the replies
#	status     the exit status
#	record     what the line that comes out has, among others
#
# A folder with a profile.json of its own is a service that does not exist. The waits of a profile
# are made short.
# Requests and replies were written by us, after what tc-profile(5) names for each service.
load helper

setup() { setup_tc; }
teardown() { stop_started; }

# The profile of a folder, with short waits.
quick() {
	local file=$ROOT/tests/profiles/$1/profile.json
	[ -e "$file" ] || file=$ROOT/lib/profiles/$1.json
	jq '.poll = {first: "20ms", factor: 1.2, cap: "100ms"} | .pace.backoff = "20ms"' "$file"
}

# Runs one case; says what differs.
play() {
	local case=$1 dir=${1%/*} name args=() status=0 base
	name=${dir##*/}
	rm -f log out err
	start_background replay replay "$case" log
	until_true test -s replay.out
	base=$(cat replay.out)$(jq -r '.base // ""' "$dir/common.json")
	[ -e "$name.json" ] || quick "$name" >"$name.json" || return
	readarray -t args < <(jq -r '.run[]' "$case")
	readarray -t env < <(jq -rs '(.[0].env // {}) + (.[1].env // {}) | to_entries[] | "\(.key)=\(.value)"' "$dir/common.json" "$case")
	jq -r '.input | if type == "string" then . else tojson end' "$case" >in
	env "${env[@]}" "${args[0]}" -p "./$name.json" --base-url "$base" "${args[@]:1}" <in >out 2>err || status=$?
	kill "$PID"
	touch log
	jq -rn --slurpfile case "$case" --slurpfile log log --slurpfile out out -f "$ROOT/tests/profiles.jq" >differs 2>&1
	[ "$status" = "$(jq '.status // 0' "$case")" ] || echo "exit status $status: $(head -c 300 err)" >>differs
	rm -f replay.out
	[ ! -s differs ]
}

@test "each case of each profile: its requests go out, its records come out" {
	local case tried=0 bad=0
	for case in "$ROOT"/tests/profiles/*/*.json; do
		case ${case##*/} in common.json | profile.json) continue ;; esac
		tried=$((tried + 1))
		play "$case" || { echo "${case#"$ROOT"/}:"; sed 's/^/    /' differs; bad=$((bad + 1)); }
	done
	echo "$tried cases, $bad bad"
	[ "$tried" -ge 80 ] && [ "$bad" = 0 ]
}

@test "each profile has the cases that its calls and errors ask for" {
	local profile name dir call case missing=0
	for profile in "$ROOT"/lib/profiles/*.json; do
		name=$(jq -r .name "$profile")
		case $name in ffmpeg-micro | transcodely | local) continue ;; esac # tc-serve plays these
		dir=$ROOT/tests/profiles/$name
		for case in created running succeeded failed rejected unauthorized throttled; do
			[ -e "$dir/$case.json" ] || { echo "$name: no case $case"; missing=1; }
		done
		for call in cancel url list; do
			[ "$(jq --arg c "$call" 'has($c)' "$profile")" = false ] || [ -e "$dir/$call.json" ] ||
				{ echo "$name: no case $call"; missing=1; }
		done
	done
	[ "$missing" = 0 ]
}

@test "a case that is not met is found" {
	mkdir -p cases/mux
	cp "$ROOT/tests/profiles/mux/common.json" cases/mux
	jq '.exchanges[0].request.path = "/elsewhere" | .record.id = "other" | .exchanges[0].request.body.passthrough = "x"' \
		"$ROOT/tests/profiles/mux/created.json" >cases/mux/created.json
	run ! play "$PWD/cases/mux/created.json"
	[ "$(wc -l <differs)" = 3 ]
}
