# The profiles that are compiled in, held to cases: a folder of tests/profiles for each, with common.json (base: what
# stands before the paths; env) and a file a case:
#
#	run        the tool and its arguments; -p and --base-url are added
#	input      the line
#	exchanges  the requests (method, path, some headers; body, if it says so, exactly) and the replies
#	status     the exit status
#	record     what the line that comes out has, among others
#
# A folder with a profile.json of its own is a service that does not exist.
# Requests and replies were written by us, after what tc-profile(5) names for each service.
load helper

# hasten DIR: the profile that a folder of cases is for, with short waits, as DIR's name and ".json" here: the one
# that is compiled in, or the folder's own.
hasten() {
	local name=${1##*/}
	if [ -e "$1/profile.json" ]; then cat "$1/profile.json"; else tc-profile show "$name"; fi |
		jq '.poll = {first: "20ms", factor: 1.2, cap: "100ms"} | .pace.backoff = "20ms"' >"$name.json"
}

# Runs one case; says what differs.
play() {
	local case=$1 dir=${1%/*} name all args=() env=() status=0
	name=${dir##*/}
	[ -e "$name.json" ] || hasten "$dir"
	rm -f log out err
	start_background replay replay "$case" log
	# base, status, how many words the command has, the words, then the environment
	readarray -d "" all < <(jq -js '(.[0].base // ""), (.[1].status // 0), (.[1].run | length), .[1].run[],
		((.[0].env // {}) + (.[1].env // {}) | to_entries[] | "\(.key)=\(.value)"),
		(.[1].input | if type == "string" then . else tojson end) | tostring + "\u0000"' "$dir/common.json" "$case")
	args=("${all[@]:3:${all[2]}}")
	env=("${all[@]:3+${all[2]}}")
	printf '%s\n' "${env[-1]}" >in
	unset 'env[-1]'
	until_true test -s replay.out
	env "${env[@]}" "${args[0]}" -p "./$name.json" --base-url "$(cat replay.out)${all[0]}" "${args[@]:1}" <in >out 2>err ||
		status=$?
	kill "$PID"
	touch log
	jq -rn --slurpfile case "$case" --slurpfile log log --slurpfile out out -f "$ROOT/tests/profiles.jq" >differs 2>&1
	[ "$status" = "${all[1]}" ] || echo "exit status $status: $(head -c 300 err)" >>differs
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
	local name calls dir case missing=0
	while read -r name calls; do
		case $name in ffmpeg-micro | transcodely | local) continue ;; esac # tc-serve plays these
		dir=$ROOT/tests/profiles/$name
		for case in created running succeeded failed rejected unauthorized throttled $calls; do
			[ -e "$dir/$case.json" ] || { echo "$name: no case $case"; missing=1; }
		done
	done < <(jq -r '[.name, (. as $p | "cancel", "url", "list" | select(. as $c | $p | has($c)))] | join(" ")' \
		"$ROOT"/lib/profiles/*.json)
	[ "$missing" = 0 ]
}

@test "a case that does not hold is detected" {
	mkdir -p cases/mux
	cp "$ROOT/tests/profiles/mux/common.json" cases/mux
	jq '.exchanges[0].request.path = "/elsewhere" | .record.id = "other" | .exchanges[0].request.body.passthrough = "x"' \
		"$ROOT/tests/profiles/mux/created.json" >cases/mux/created.json
	run ! play "$PWD/cases/mux/created.json"
	[ "$(wc -l <differs)" = 3 ]
}
