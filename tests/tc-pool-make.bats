#!/usr/bin/env bats
# tc-pool under make: the jobserver's tokens, and make -n.

load helper
load pool

# a job that counts how many run beside it, and waits until the most there may be do
jobs_script() {
	cat > job <<-'END'
		#!/bin/bash
		echo + >> log
		for n in $(seq 500); do
			[ -e full ] && break
			[ $(($(grep -c + log) - $(grep -c - log))) -lt 3 ] || : > full
			sleep 0.01
		done
		sleep 0.0$((RANDOM % 3))
		echo - >> log
	END
	chmod +x job
}

@test "under make -j3 two pools share its tokens: three commands in all, never four" {
	jobs_script
	printf 'all: a b\na b:\n\t+seq 12 | tc-pool -- ./job {} > $@.out\n' > Makefile
	make -s -j3 > made 2>&1 || { cat made; false; }
	[ "$(grep -c + log)" -eq 24 ]
	[ "$(most_at_once)" -eq 3 ]
	[ "$(cat a.out b.out | jq -s 'map(select(.ok)) | length')" -eq 24 ]
}

@test "without + in the recipe the jobserver is out of reach: one at a time, with a message that says why" {
	jobs_script
	: > full
	printf 'all:\n\tseq 4 | tc-pool -- ./job {} > out 2> err\n' > Makefile
	run -0 make -s -j3
	grep -q "jobserver is not passed on" err
	[ "$(most_at_once)" -eq 1 ]
}

# takes all tokens out of the fifo on descriptor 8 and counts them
count_tokens() {
	local n=0 c
	# a token that comes just as the time is over is in c, though read fails
	while c= && { IFS= read -r -t 0.05 -n 1 -u 8 c || [ -n "$c" ]; }; do n=$((n + 1)); done
	echo "$n"
}

@test "the fifo form too, and every token comes back: at the end, on signals, on kill -9" {
	jobs_script
	mkfifo tokens
	exec 8<> tokens
	printf '++' >&8
	export MAKEFLAGS="-j3 --jobserver-auth=fifo:$PWD/tokens"
	seq 9 > in
	tc-pool -- ./job {} < in > out 2> err
	[ "$(most_at_once)" -eq 3 ]
	[ "$(count_tokens)" -eq 2 ]
	for signals in TERM 'TERM TERM' 'TERM TERM TERM' KILL; do
		rm -f running
		printf '++' >&8
		# none may end by itself when we kill: a token on its way back is nobody's
		forever=$([ "$signals" = KILL ] && echo 1 || echo 0)
		background tc-pool -- sh -c 'echo >> running; trap "" TERM; n=0
			while [ "$2" = 1 ] || [ $((n += 1)) -le 10 ]; do sleep 0.1; done' _ {} "$forever"
		until_true lines_in running 3
		for signal in $signals; do
			kill -"$signal" "$pid" 2>/dev/null || true
			sleep 0.05
		done
		wait "$pid" || true
		until_true tokens_are_back
	done
	exec 8>&-
}

tokens_are_back() {
	back=$((${back:-0} + $(count_tokens)))
	[ "$back" -eq 2 ] && back=0
}

@test "make -n, -q and -t run nothing: what would be run is printed" {
	printf 'all:\n\t+@printf "a\\nb\\n" | tc-pool -- touch ran-{} > out.jsonl 2> err\n' > Makefile
	for flag in -n -t 'n'; do
		rm -f out.jsonl
		make $flag -j3 > made 2>&1 || make ${flag/#/-} > made 2>&1
		[ "$(jq -c .argv out.jsonl)" = $'["touch","ran-a"]\n["touch","ran-b"]' ]
		run -1 compgen -G 'ran-*'
		grep -q 'nothing is run' err
	done
	make -q > made 2>&1 || true
	run -1 compgen -G 'ran-*'
	make -s
	[ -e ran-a ] && [ -e ran-b ]
	# copies too
	MAKEFLAGS=n tc-pool -c -- touch ran-c <<< x > out 2> err
	[ "$(jq -c .argv out)" = '["touch","ran-c"]' ]
	[ ! -e ran-c ]
}

@test "pipes of others that have the numbers of make's are left alone" {
	mkfifo in3 out4
	(exec 3<> in3 4<> out4
		printf 'one\ntwo\n' >&3
		printf 'a\nb\nc\n' | MAKEFLAGS=' -j4 --jobserver-auth=3,4' tc-pool -- sh -c 'echo {}' > out 2> err
		head -c 8 <&3 > left
		echo end >&4
		head -n 1 <&4 > right)
	grep -q 'jobserver is not passed on' err
	[ "$(cat left)" = $'one\ntwo' ]
	[ "$(cat right)" = end ]
}

@test "-j beats the jobserver, and MAKEFLAGS without one changes nothing" {
	mkfifo tokens
	exec 8<> tokens
	export MAKEFLAGS="-j3 --jobserver-auth=fifo:$PWD/tokens"
	seq 4 > in
	mkfifo gate
	background tc-pool -j 2 -- sh -c 'echo >> running; read -r x < gate' _ {}
	until_true lines_in running 2
	exec 9<> gate
	printf '\n\n\n\n' >&9
	ended "$pid"
	[ "$status" -eq 0 ]
	exec 8>&- 9>&-
	MAKEFLAGS=-k tc-pool -- true < in > out 2> err
}
