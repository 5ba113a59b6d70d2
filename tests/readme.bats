#!/usr/bin/env bats
# README.md: its commands run as they stand, and what it names is there.

load helper

setup() {
	setup_tc
	README=$ROOT/README.md
}

# The commands of the fences marked sh: those before "## With a key", and those after it.
commands() {
	awk -v want="$1" '
	/^## / { part = /With a key/ || part == "after" ? "after" : "before" }
	/^```sh$/ { on = part == want; next } /^```$/ { on = 0 } on' "$README"
}

@test "pasted from the top: installed, served, from files to files, resumed" {
	local port creates
	[ "$BUILD" = "$ROOT/build" ] || skip "another build"
	port=$(serve --port 0 --encoder "$ENCODER" >&2 && echo "${TC_BASE_URL##*:}")
	stop_started
	unset TC_LOCAL_API_KEY
	commands before | sed "s/^make deps$/:/; s/tc-serve --media ./& --port $port/" >commands
	[ "$(grep -c '^make\|^tc-' commands)" -ge 8 ]
	cp -r "$ROOT/Makefile" "$ROOT/cmd" "$ROOT/lib" "$ROOT/man" "$ROOT/build" "$ROOT/LICENSE" "$ROOT/README.md" .
	mkdir -p tests && cp "$ROOT/tests/tests.mk" tests/
	# shellcheck disable=SC2238 # a file called paste
	cat >paste <<-END
		export TC_BASE_URL=http://127.0.0.1:$port
		trap 'kill \$server 2>/dev/null || :' EXIT
		$(cat commands)
	END
	PATH=/usr/local/bin:/usr/bin:/bin timeout 120 bash -eu -o pipefail paste </dev/null >pasted.out 2>pasted.err 3>&- ||
		{ cat pasted.out pasted.err; false; }
	cd tc-demo
	[ "$(grep -c '^Done: 3 succeeded, 0 failed$' ../pasted.out)" -eq 2 ]
	[ "$(jq -r '[.ok, .file] | join(" ")' results.jsonl)" = "$(printf 'true out/clip-%s.mp4\n' 1 2 3)" ]
	for i in 1 2 3; do
		[ "$(ffprobe -v error -select_streams v -show_entries stream=height -of csv=p=0 out/clip-$i.mp4)" = 480 ]
		[ "$(ffprobe -v error -select_streams v -show_entries stream=height -of csv=p=0 small-$i.mp4)" = 240 ]
	done
	[ "$(jq -s 'map(.ok) | all' urls.jsonl pooled.jsonl encoded.jsonl)" = true ]
	[ "$(jq -r 'select(.t == "created").id' batch.ledger | sort)" = "$(jq -r .id results.jsonl | sort)" ]
}

# zsh reads comments at its prompt only if told to.
@test "no command has a comment, which zsh would take for its operands" {
	local part
	for part in before after; do
		commands $part >commands
		[ -s commands ]
		run -1 grep -E '(^|[[:space:]])#' commands
	done
}

@test "with a key: the commands run, given only the address of the service" {
	export TC_LOCAL_API_KEY=your-key
	serve --encoder "$ENCODER"
	commands after >commands
	[ "$(grep -c '^tc-' commands)" -ge 2 ]
	run --separate-stderr bash -eu -o pipefail commands
	echo "$output"
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^Done: 3 succeeded, 0 failed$' <<<"$output")" -eq 2 ]
}

@test "every file, option and make target it names is there" {
	local word
	for word in $(grep -oE '(lib|cmd|man|tests|\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9]' "$README" | grep -v NAME | sort -u); do
		[ -e "$ROOT/$word" ] || { echo "no such file: $word"; false; }
	done
	for word in $(grep -oE '\bmake (demo|check|deps|help|install|uninstall|lint)\b' "$README" | sed 's/make //' | sort -u); do
		grep -q "^$word:" "$ROOT/Makefile" "$ROOT/tests/tests.mk"
	done
	for word in $(grep -oE '`tc-[a-z]+`' "$README" | tr -d '`' | sort -u); do
		[ -x "$BUILD/$word" ]
	done
}

@test "its exit statuses are those of tc(7)" {
	sed -n 's/^| \([0-9n+]*\) | .*/\1/p' "$README" >ours
	awk '/^\.Sh EXIT STATUS/ { on = 1 } /^\.Sh EXAMPLES/ { on = 0 } on && /^\.It / { print $2 }' "$ROOT/man/tc.7" >theirs
	[ -s ours ]
	diff ours theirs
}

@test "adding a service: a copied profile is used by file and by name" {
	jq '.name = "mine"' "$ROOT/lib/profiles/local.json" >mine.json
	run -0 --separate-stderr tc-create -p ./mine.json -n https://example.com/a.mp4
	[ "$(field .request.inputs[0].url)" = https://example.com/a.mp4 ]
	mkdir -p .config/tc/profiles
	mv mine.json .config/tc/profiles/
	run -0 --separate-stderr tc-create -p mine -n https://example.com/a.mp4
	[ "$(field .request.inputs[0].url)" = https://example.com/a.mp4 ]
}
