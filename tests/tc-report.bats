#!/usr/bin/env bats
# tc-report: the summary of the first lines a newcomer sees, and its status.

load helper

setup() {
	setup_tc
}

teardown() {
	stop_started
}

# records LINE...: into the file records.
records() {
	printf '%s\n' "$@" >records
}

OK0='{"index":0,"input":"a","ok":true,"id":"job_1","state":"succeeded","url":"https://x/1","urls":["https://x/1"]}'
BAD1='{"index":1,"input":"b","ok":false,"id":"job_2","error":{"code":"job_failed","message":"the job failed: bad input","temporary":false}}'
LATER2='{"index":2,"input":"c","ok":false,"error":{"code":"throttled","message":"429","temporary":true}}'
UNSENT3='{"index":3,"input":"d","ok":false,"error":{"code":"not_attempted","message":"stopped before it was sent","temporary":true}}'

@test "all is well: the summary, a line an item, status 0" {
	records "$OK0" '{"index":1,"input":"b","ok":true,"id":"job_2","url":"https://x/2"}'
	run -0 --separate-stderr tc-report <records
	[ "$output" = "Done: 2 succeeded, 0 failed
 #0 ok job_1 -> https://x/1
 #1 ok job_2 -> https://x/2" ]
	[ -z "$stderr" ]
}

@test "a failure has its message, in its place, and the status is 1" {
	records "$OK0" "$BAD1" "$LATER2"
	run -1 --separate-stderr tc-report <records
	[ "$output" = "Done: 1 succeeded, 2 failed
 #0 ok job_1 -> https://x/1
 #1 FAILED the job failed: bad input
 #2 FAILED 429" ]
}

@test "only temporary failures: status 75" {
	records "$OK0" "$LATER2"
	run -75 tc-report <records
	[ "${lines[0]}" = "Done: 1 succeeded, 1 failed" ]
}

@test "what was not attempted is counted apart and is never success" {
	records "$OK0" "$UNSENT3"
	run -75 tc-report <records
	[ "$output" = "Done: 1 succeeded, 0 failed, 1 not attempted
 #0 ok job_1 -> https://x/1
 #3 FAILED stopped before it was sent" ]
	records "$BAD1" "$UNSENT3"
	run -1 tc-report <records
}

@test "no records at all is an empty batch" {
	run -0 tc-report </dev/null
	[ "$output" = "Done: 0 succeeded, 0 failed" ]
}

@test "a created or waited-for job has no URL yet: its state is told" {
	records '{"index":0,"input":"a","ok":true,"id":"job_1","status":"processing","state":"running"}'
	run -0 tc-report <records
	[ "${lines[1]}" = " #0 ok job_1 (running)" ]
}

@test "results of tc-pool: a record, an object, a string and nothing as value" {
	records "{\"index\":0,\"input\":\"a\",\"ok\":true,\"value\":$OK0,\"exit\":0}" \
		'{"index":1,"input":"b","ok":true,"value":{"id":"j","status":"completed","downloadUrl":"https://y"}}' \
		'{"index":2,"input":"c.mp4","ok":true,"value":"first\nsecond"}' \
		'{"index":3,"input":"d.mp4","ok":true,"value":""}' \
		'{"index":4,"input":{"src":"e"},"ok":false,"exit":3,"error":{"code":"exit","message":"exit status 3"}}'
	run -1 tc-report <records
	[ "$output" = 'Done: 4 succeeded, 1 failed
 #0 ok job_1 -> https://x/1
 #1 ok j -> https://y
 #2 ok c.mp4 -> first
 #3 ok d.mp4
 #4 FAILED exit status 3' ]
}

@test "tc-pool itself is understood" {
	printf '%s\n' one two | tc-pool -- sh -c 'read -r a; test "$a" = one && echo fine' >records || true
	run -1 tc-report <records
	[ "${lines[0]}" = "Done: 1 succeeded, 1 failed" ]
	[ "${lines[1]}" = " #0 ok one -> fine" ]
	[[ ${lines[2]} == " #1 FAILED "?* ]] || false
}

@test "the real pipeline, and the same through files" {
	serve --encoder "$ENCODER"
	printf 'http://example.com/%s\n' one fail two >urls.txt
	run -1 sh -c 'tc-create --quiet <urls.txt | tc-wait --quiet | tc-url --quiet | tee results.jsonl | tc-report 2>&1'
	[[ $output == *"Done: 2 succeeded, 1 failed"* ]] || false
	[[ $output =~ \ \#0\ ok\ [0-9a-f-]+\ -\>\ http://127.0.0.1:[0-9]+/ ]] || false
	[[ $output == *" #1 FAILED "*"cannot decode http://example.com/fail"* ]] || false
	run -1 tc-report results.jsonl
	[ "${#lines[@]}" -eq 4 ]
}

@test "-l: where a batch stands, from its ledger alone" {
	serve --encoder "$ENCODER"
	printf '%s\n' https://x/1.mp4 https://x/2.mp4 >urls
	tc-create -l L <urls >created
	run -75 --separate-stderr tc-report -l L
	[ "${lines[0]}" = 'Done: 0 succeeded, 0 failed, 2 open' ]
	[[ ${lines[1]} = ' #0 GOING ON '*' (pending)' ]]
	tc-wait -l L <created | tc-url -l L >ended
	run -0 --separate-stderr tc-report -l L
	[ "${lines[0]}" = 'Done: 2 succeeded, 0 failed' ]
	[ "${lines[2]}" = " #1 ok $(jq -r 'select(.index == 1) | .id + " -> " + .url' ended)" ]
	# an intent alone is in doubt
	sed 2q L >half
	run -75 --separate-stderr tc-report --ledger=half
	[ "${lines[1]}" = ' #0 IN DOUBT https://x/1.mp4' ]
}

@test "-l: a pool's items, and a file that is no ledger" {
	printf '%s\n' a b | tc-pool -l L -- sh -c 'echo "made $1"; [ "$1" = a ]' _ {} >out || [ $? -eq 1 ]
	run -1 --separate-stderr tc-report -l L
	[ "${lines[0]}" = 'Done: 1 succeeded, 1 failed' ]
	[ "${lines[1]}" = ' #0 ok a -> made a' ]
	run -78 --separate-stderr tc-report -l out
	[[ $stderr = *'no ledger'* ]]
	run -64 --separate-stderr tc-report -l L out
}

@test "a line that is not JSON is named, and takes nothing else along" {
	records "$OK0" 'not json' '[1]' '' "$BAD1" '{"ok":"yes"}' '{"index":9,' "$LATER2"
	run -1 --separate-stderr tc-report <records
	[ "${lines[0]}" = "Done: 1 succeeded, 2 failed, 4 unreadable" ]
	[ "${#lines[@]}" -eq 4 ]
	[ "${stderr_lines[0]}" = "tc-report: line 2: not JSON" ]
	[[ ${stderr_lines[1]} == "tc-report: line 3: not a record"* ]] || false
	[[ ${stderr_lines[2]} == "tc-report: line 6: not a record"* ]] || false
	[ "${stderr_lines[3]}" = "tc-report: line 7: not JSON" ]
	records "$OK0" garbage
	run -1 tc-report <records
}

@test "several files: a torn last line is named with its file and spoils no other" {
	printf '%s\n{"index":7' "$OK0" >torn
	records "$BAD1"
	run -1 --separate-stderr tc-report torn - records <<<"$LATER2"
	[ "$output" = "Done: 1 succeeded, 2 failed, 1 unreadable
 #0 ok job_1 -> https://x/1
 #2 FAILED 429
 #1 FAILED the job failed: bad input" ]
	[ "$stderr" = "tc-report: torn, line 2: not JSON" ]
	printf '%s' "$OK0" >'no newline'
	run -0 tc-report -- 'no newline' "no newline"
	[ "${lines[0]}" = "Done: 2 succeeded, 0 failed" ]
}

@test "what came from a server cannot steer a terminal" {
	records '{"index":0,"ok":true,"id":"\u001b]0;owned\u0007","url":"https://x/\u009b31m\u202egpj"}' \
		'{"index":1,"ok":false,"error":{"message":"two\nlines\r\u001b[2J\u007f"}}'
	run -1 tc-report <records
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[1]}" = ' #0 ok ?]0;owned? -> https://x/?31m?gpj' ]
	[ "${lines[2]}" = ' #1 FAILED two?lines??[2J?' ]
}

@test "odd records lose nothing: no index, no message, a message that is a string" {
	records '{"ok":true,"id":"a"}' '{"ok":false}' '{"ok":false,"error":"as the first seed has it"}' '{"ok":false,"error":{"code":"timeout"}}'
	run -1 tc-report <records
	[ "$output" = 'Done: 1 succeeded, 3 failed
 #0 ok a
 #1 FAILED no reason given
 #2 FAILED as the first seed has it
 #3 FAILED timeout' ]
}

@test "bytes that are no text, and NUL, are a line like any other bad one" {
	printf '\377\376\n{"ok":true,"id":"a"}\n\0\n' >records
	run -1 --separate-stderr tc-report <records
	[ "${lines[0]}" = "Done: 1 succeeded, 0 failed, 2 unreadable" ]
}

@test "what cannot be read or written is 74" {
	records "$OK0"
	run -74 --separate-stderr tc-report not-there
	[ "$stderr" = "tc-report: cannot read not-there" ]
	run -74 tc-report records .
	run -74 sh -c 'tc-report records >/dev/full'
	run -74 sh -c 'tc-report <&-'
	run -74 sh -c 'tc-report records >&-'
}

@test "a reader that goes away ends it quietly" {
	yes "$OK0" | head -n 3000 >records
	run -0 --separate-stderr sh -c 'tc-report records | head -n 1'
	[ "$output" = "Done: 3000 succeeded, 0 failed" ]
	[ -z "$stderr" ]
}

@test "-h and -V answer on stdout; what is unknown is 64" {
	run -0 --separate-stderr tc-report --help
	[[ $output == "usage: tc-report [-l ledger | file ...]"* ]] || false
	run -0 --separate-stderr tc-report -V
	[[ $output =~ ^tc-report\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || false
	run -64 --separate-stderr tc-report --color
	[ "$stderr" = "tc-report: unknown option --color (try tc-report --help)" ]
	[ -z "$output" ]
}

@test "without jq it says what is missing" {
	mkdir bin
	run -78 --separate-stderr env PATH="$BATS_TEST_TMPDIR/bin" "$(command -v sh)" "$BUILD/tc-report" /dev/null
	[[ $stderr == *"jq is not installed"* ]] || false
}

@test "dash, bash and busybox run it alike" {
	records "$OK0" "$BAD1" "$UNSENT3" nonsense
	run -1 tc-report records
	local expected=$output shell
	for shell in dash bash "busybox sh"; do
		command -v "${shell%% *}" >/dev/null || continue
		run -1 $shell "$BUILD/tc-report" records
		[ "$output" = "$expected" ]
	done
}

@test "the examples of the manual page run, and say what happened" {
	serve --encoder "$ENCODER"
	printf 'http://example.com/%s\n' one fail two >urls.txt
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' "$ROOT/man/tc-report.1" >examples
	[ "$(wc -l <examples)" -eq 3 ]
	run -1 sh examples
	# reported three times: as it ends, from the file (by cat), the failure only
	[ "$(grep -c '^Done: 2 succeeded, 1 failed$' <<<"$output")" -eq 2 ]
	[ "$(grep -c '^Done: 0 succeeded, 1 failed$' <<<"$output")" -eq 1 ]
	[ "$(grep -c '^ #1 FAILED ' <<<"$output")" -eq 3 ]
	[ "$(wc -l <results.jsonl)" -eq 3 ]
}
