#!/usr/bin/env bats
# The runner itself: what fails must be seen to fail.

load helper

# As a user would start it: bats inside bats must not know of each other.
runner() {
	env -i PATH="${PATH//"${BATS_LIBEXEC-none}:"/}" HOME="$HOME" LC_ALL=C ${SUITE_SECONDS:+SUITE_SECONDS="$SUITE_SECONDS"} sh "$ROOT/tests/run.sh" "$@"
}

suite() { # NAME LINE...
	local name=$1
	shift
	printf '%s\n' "$@" >"$name"
	chmod +x "$name"
}

last() {
	printf '%s\n' "${lines[${#lines[@]} - 1]}"
}

@test "a failing test fails the run, is counted and is shown" {
	suite good.bats '@test "right" { true; }' '@test "left" { true; }'
	suite bad.bats '@test "one fine" { true; }' '@test "one broken" { echo the reason; [ 1 = 2 ]; }'
	run -1 runner good.bats bad.bats
	[ "$(last)" = "3 passed, 1 failed" ]
	[[ $output == *"not ok 2 one broken"* ]] || false
	[[ $output == *"the reason"* ]] || false
	[[ $output != *"ok 1 right"* ]] || false
}

@test "when all pass the status is 0 and the last line has the sum" {
	suite good.bats '@test "right" { true; }' '@test "left" { skip "no need"; }'
	suite unit '#!/bin/sh' 'echo ok one; echo ok two'
	run -0 runner good.bats ./unit
	[ "$(last)" = "3 passed, 0 failed" ]
	[[ $output == *"1 skipped"* ]] || false
	[[ $output == *"no need"* ]] || false
}

@test "a program that says not ok, or ends badly after saying ok, fails" {
	suite says '#!/bin/sh' 'echo ok one; echo not ok two; exit 1'
	run -1 runner ./says
	[ "$(last)" = "1 passed, 1 failed" ]
	suite dies '#!/bin/sh' 'echo ok one; kill -SEGV $$'
	run -1 runner ./dies
	[ "$(last)" = "1 passed, 1 failed" ]
}

@test "a suite that stops early, cannot be read or is silent fails" {
	suite early '#!/bin/sh' 'echo 1..5; echo ok 1; echo ok 2'
	run -1 runner ./early
	[ "$(last)" = "2 passed, 3 failed" ]
	suite broken.bats '@test "never closed" {'
	run -1 runner broken.bats
	[[ $(last) == "0 passed, "[1-9]*" failed" ]] || false
	suite silent '#!/bin/sh' 'exit 0'
	run -1 runner ./silent
	[ "$(last)" = "0 passed, 1 failed" ]
	run -1 runner ./not-there
	[ "$(last)" = "0 passed, 1 failed" ]
}

@test "no suites at all is a failure" {
	run -1 runner
	[ "$(last)" = "0 passed, 0 failed" ]
}

@test "a suite that hangs is ended and fails" {
	command -v timeout >/dev/null || skip "no timeout command"
	suite hangs.bats '@test "fine" { true; }' '@test "hangs" { sleep 60; }' '@test "never run" { true; }'
	SUITE_SECONDS=2
	run -1 runner hangs.bats
	[ "$(last)" = "1 passed, 2 failed" ]
}
