#!/usr/bin/env bats
# tc-pool -c: commands that stay, and answer line by line.

load helper
load pool

# a line filter that says which copy it is
copies() {
	cat > filter <<-'END'
		#!/bin/bash
		while IFS= read -r line; do
			case $line in
			die*) exit "${line#die}";;
			kill) kill -SEGV $$;;
			killed) [ -e killed ] || { : > killed; kill -KILL $$; }; echo "$$ $line";;
			silent) exit 0;;
			two) env printf 'a\nb\n';; # one write
			half) printf 'half'; exit 3;;
			hang) read -r x < never;;
			later) [ -e later ] || { : > later; exit 75; }; echo "$$ $line";;
			slow) read -r x < gate; echo "$$ $line";;
			fail) echo '{"ok":false,"error":{"code":"job_failed","message":"m","temporary":false}}';;
			throttle) [ -e t ] && echo '"through"' || { : > t; echo '{"ok":false,"error":{"code":"throttled","message":"m","temporary":true}}'; };;
			*) echo "$$ $line";;
			esac
		done
	END
	chmod +x filter
	mkfifo gate never
}

@test "-c keeps its copies, and matches output lines with input lines" {
	copies
	seq 200 > in
	tc-pool -c -j 4 -- ./filter < in > out 2> err
	[ "$(jq -r '.value | split(" ")[1]' out)" = "$(seq 200)" ]
	[ "$(jq -r '.value | split(" ")[0]' out | sort -u | wc -l)" -le 4 ]
	[ "$(jq -s -c '.[0] | keys_unsorted' out)" = '["index","input","ok","value","attempts","seconds"]' ]
	for pid in $(jq -r '.value | split(" ")[0]' out | sort -u); do gone "$pid"; done
	# with -R the answers alone
	tc-pool -c -R -j 4 -- cat < in > out 2> err
	cmp in out
}

@test "-c: a copy that dies fails its line and is started again" {
	copies
	printf '%s\n' a die3 b kill c silent d half e > in
	run -1 --separate-stderr tc-pool -c -j 1 -- ./filter < in
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '[null,"exit",null,"signal",null,"bad_response",null,"exit",null]' ]
	[ "$(jq -s -c '[.[1].exit, .[3].signal, .[7].value]' <<< "$output")" = '[3,"SEGV","half"]' ]
	[ "$(jq -s -c 'map(select(.ok) | .value | split(" ")[0]) | unique | length' <<< "$output")" -eq 5 ]
}

@test "-c: verdicts hold for answers and for deaths" {
	copies
	printf '%s\n' fail later throttle x killed > in
	run -1 --separate-stderr tc-pool -c -j 1 -- ./filter < in
	[ "$(jq -s -c 'map([.ok, .attempts])' <<< "$output")" = '[[false,1],[true,2],[true,2],[true,1],[true,2]]' ]
	[ "$(jq -s -c '.[0].error' <<< "$output")" = '{"code":"job_failed","message":"m","temporary":false}' ]
}

@test "-c: a second line for one, or a line for none, is an error" {
	copies
	printf '%s\n' a two b > in
	run -1 --separate-stderr tc-pool -c -j 1 -- ./filter < in
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '[null,"bad_response",null]' ]
	grep -q 'more than one line' <<< "$output"
	run -1 --separate-stderr tc-pool -c -j 1 -- sh -c 'while read -r l; do echo "$l"; done; echo surplus' <<< x
	[ "$(jq -c .ok <<< "$output")" = true ]
	grep -q 'an unexpected line' <<< "$stderr"
}

@test "-c: --timeout ends the copy, and the others go on" {
	copies
	printf '%s\n' a hang b > in
	run -1 --separate-stderr tc-pool -c -j 1 --timeout 300ms -- ./filter < in
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '[null,"timeout",null]' ]
}

@test "-c: a signal lets the answers under way come, then the copies go" {
	copies
	printf '%s\n' a slow b c > in
	# a shell ignores INT for what it runs in the background
	background env --default-signal=INT tc-pool -c -j 1 -- ./filter
	until_true lines_in out 1
	kill -INT "$pid"
	until_true grep -q stopping err
	exec 9<> gate
	echo >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 130 ]
	[ "$(jq -s -c 'map(.error.code)' out)" = '[null,null,"not_attempted","not_attempted"]' ]
}

@test "-c: a copy that stops reading after its answer is replaced, and that does not count as an attempt" {
	run -0 --separate-stderr tc-pool -c -j 1 -- sh -c 'read -r l; exec <&-; echo "$l"; exec sleep 1' <<< $'a\nb'
	[ "$(jq -s -c 'map([.ok, .attempts])' <<< "$output")" = '[[true,1],[true,1]]' ]
}

@test "-c takes no placeholder, and an item with a line end in it is invalid" {
	run -64 tc-pool -c -- echo {} <<< x
	run -1 --separate-stderr tc-pool -0 -c -- cat < <(printf 'a\nb\0c\0')
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '["invalid_input",null]' ]
}
