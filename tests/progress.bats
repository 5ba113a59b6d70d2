#!/usr/bin/env bats
# The progress of a run as a terminal shows it, and the tally that ends it.

load helper
load fake

# on_terminal COLUMNS COMMAND: runs it with a terminal of that width; what came
# to the screen is in frames, one drawing a line.
on_terminal() {
	script --version 2>&1 | grep -q util-linux || skip 'script(1) is not the one of util-linux'
	TERM=xterm script -qec "stty cols $1 rows 10; $2" /dev/null </dev/null >screen 3>&- || true
	tr -d '\n' <screen | sed 's/\r\x1b\[K/\n/g' | tr -d '\r' >frames
}

# longest PATTERN: how long the longest drawing is that has it.
longest() {
	grep -E -e "$1" frames | awk '{ if (length > n) n = length } END { print n + 0 }'
}

@test "a progress line is cut to the terminal, part by part" {
	local columns
	for columns in 80 40 30 12; do
		on_terminal "$columns" "seq 30 | tc-pool -j 3 -- sh -c 'sleep 0.1; [ \$1 != 3 ]' _ {} >out"
		[ "$(longest '^tc-pool: [0-9]+ ')" -gt 8 ]
		[ "$(longest '^tc-pool: [0-9]* ?d?o?n?e?[^i]*$')" -lt "$columns" ]
	done
	on_terminal 80 "seq 30 | tc-pool -j 3 -- sh -c 'sleep 0.1; [ \$1 != 3 ]' _ {} >out"
	grep -qE '^tc-pool: [0-9]+ done, 1 failed, 3 running, [0-9]+ queued, [0-9]+s' frames
}

@test "the tally ends the progress line, with the tool's name where there are several" {
	on_terminal 80 "seq 3 | tc-pool -j 3 -- sh -c 'sleep 0.7' _ {} >out"
	tail -n 1 frames | grep -q '^tc-pool: 3 in: 3 ok, 0 failed, 0 not attempted$'
	seq 3 >in
	on_terminal 80 "tc-pool -j 3 -- sh -c 'sleep 0.7' _ {} <in >out"
	tail -n 1 frames | grep -q '^3 in: 3 ok, 0 failed, 0 not attempted$'
	! grep -q 'done.*3 in:' frames
}

@test "of three tools on one terminal one draws at a time, the last that has work" {
	fake
	service ffmpeg-micro
	on_terminal 60 "seq -f https://h/polls20-%g 6 | tc-create | tc-wait | tc-url >out"
	[ "$(longest '^tc-[a-z]+: [0-9]+ done')" -lt 60 ]
	grep -qE '^tc-wait: [0-9]+ done' frames
	# a drawing never follows another on its row
	run ! grep -E 'tc-[a-z]+: .*tc-[a-z]+: ' frames
	for tool in tc-create tc-wait tc-url; do
		grep -q "^$tool: 6 in: 6 ok, 0 failed, 0 not attempted" frames
	done
}

@test "a resumed run says what is done already, and its tally what came from the ledger" {
	fake
	service ffmpeg-micro
	seq -f https://h/%g 5 >all
	head -n 2 all >two
	gives 0 tc-create -l L <two
	[ "$(cat err)" = '2 in: 2 ok, 0 failed, 0 not attempted' ]
	gives 0 tc-create -l L <all
	[ "$(head -n 1 err)" = 'tc-create: 2 already done, 3 to do' ]
	[ "$(tail -n 1 err)" = '5 in: 5 ok (2 from the ledger), 0 failed, 0 not attempted; 3 jobs created' ]
	gives 0 tc-create -l L <all
	[ "$(cat err)" = '5 in: 5 ok (5 from the ledger), 0 failed, 0 not attempted; 0 jobs created' ]
	mv out made
	gives 0 tc-wait -l L <made
	[ "$(cat err)" = '5 in: 5 ok, 0 failed, 0 not attempted' ]
	gives 0 tc-wait -l L <made
	[ "$(cat err)" = '5 in: 5 ok (5 from the ledger), 0 failed, 0 not attempted' ]
}

@test "tc-pool: the same, and what fails again is counted once" {
	seq 6 >all
	head -n 4 all >four
	gives 1 tc-pool -l L -- sh -c '[ "$1" -gt 1 ]' _ {} <four
	[ "$(tail -n 1 err)" = '4 in: 3 ok, 1 failed, 0 not attempted' ]
	gives 1 tc-pool -l L -- sh -c '[ "$1" -gt 1 ]' _ {} <all
	grep -qx 'tc-pool: 4 already done, 2 to do' err
	[ "$(tail -n 1 err)" = '6 in: 5 ok (3 from the ledger), 1 failed, 0 not attempted' ]
}

@test "minutes that the service bills, where the profile names them" {
	fake --fault status:200 --on get --body '{"id":"x","status":"completed","minutes":68.5}'
	jq '.job.billable = ["/minutes"]' "$ROOT/lib/profiles/ffmpeg-micro.json" >mine.json
	service mine
	on_terminal 80 "tc-wait one two >out"
	grep -q '; 137 min billable$' frames
}
