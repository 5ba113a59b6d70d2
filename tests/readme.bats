#!/usr/bin/env bats
# README.md: its commands run as they stand, and what it names is there.

load helper

setup() {
	setup_tc
	README=$ROOT/README.md
}

teardown() {
	stop_started
}

# The commands of the fences marked sh.
commands() {
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$README"
}

@test "every command in the README runs and does what the text says" {
	local i
	export TC_LOCAL_API_KEY=your-key
	# tc-serve plays both services: the README's commands, told only where it is
	serve --encoder "$ENCODER"
	ffmpeg -nostdin -v error -f lavfi -i testsrc=size=64x48:rate=5:duration=1 a.mov
	for i in 1 2 3; do
		echo "https://example.com/clip-$i.mp4" >>urls.txt
		echo "{\"src\":\"a.mov\",\"dst\":\"a-$i.mp4\"}" >>pairs.jsonl
	done
	commands >commands
	[ "$(grep -c '^tc-' commands)" -ge 7 ]
	unset TC_PROVIDER
	export FFMPEG_MICRO_API_KEY=your-key
	run --separate-stderr bash -eu -o pipefail commands
	echo "$output"
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^Done: 3 succeeded, 0 failed$' <<<"$output")" -eq 4 ]
	[ "$(jq -r 'select(.t == "created").id' batch.ledger | sort)" = "$(jq -r .id results.jsonl | sort)" ]
	[ "$(jq -r .input results.jsonl)" = "$(cat urls.txt)" ]
	[ "$(jq -r .value.input pooled.jsonl)" = "$(cat urls.txt)" ]
	[ "$(jq -s 'map(.ok) | all' encoded.jsonl)" = true ]
	for i in 1 2 3; do
		[ "$(ffprobe -v error -select_streams v -show_entries stream=height -of csv=p=0 "a-$i.mp4")" = 720 ]
	done
	# given again, what has a ledger creates nothing and prints it all
	grep -e '^L=' -e ' -l .* < ' commands >again
	[ "$(wc -l <again)" -eq 3 ]
	creates=$(curl -s "$TC_BASE_URL/_stats" | jq .creates)
	mv results.jsonl first.jsonl
	mv pooled.jsonl pooled-first.jsonl
	bash -eu -o pipefail again
	[ "$(curl -s "$TC_BASE_URL/_stats" | jq .creates)" -eq "$creates" ]
	[ "$(jq -r .id results.jsonl)" = "$(jq -r .id first.jsonl)" ]
	cmp pooled.jsonl pooled-first.jsonl
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
