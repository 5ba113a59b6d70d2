#!/usr/bin/env bats
# tc-pool: any command across lines, bounded, in order, isolated, tried again.

load helper

setup() {
	setup_tc
	export TMPDIR=$BATS_TEST_TMPDIR
	BACKGROUND=
}

teardown() {
	local pid
	for pid in $BACKGROUND; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	stop_started
}

# background COMMAND...: stdin from ./in, stdout to ./out, stderr to ./err; its pid is $pid
background() {
	"$@" < in > out 2> err 3>&- &
	pid=$!
	BACKGROUND="$BACKGROUND $pid"
}

# ended PID: its status, in $status
ended() {
	status=0
	wait "$1" || status=$?
}

# summary WORDS: what the last line on stderr says
summary() {
	[ "$(tail -n 1 err)" = "$1" ] || { cat err >&2; return 1; }
}

# ---------------------------------------------------------------- results

@test "40 items that end out of order come out in order, and three odd ones do not disturb the others" {
	mkfifo gate
	seq 40 > in
	status=0
	tc-pool -j 8 -- sh -c '
		case $1 in
		1) read -r x < gate; echo "$1";;
		7) kill -SEGV $$;;
		11) echo broken >&2; exit 4;;
		13) echo 1e400;;
		40) echo > gate; echo "$1";;
		*) echo "$1";;
		esac' _ {} < in > out 2> err || status=$?
	[ "$status" -eq 1 ]
	[ "$(jq -c .index out)" = "$(seq 0 39)" ]
	[ "$(jq -r .input out)" = "$(seq 40)" ]
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 38 ]
	[ "$(jq -s -c 'map(select(.ok and .index != 12 and (.value | tostring) != .input))' out)" = '[]' ]
	[ "$(jq -s -c '.[6] | [.ok, .signal, .error.code]' out)" = '[false,"SEGV","signal"]' ]
	[ "$(jq -s -c '.[10] | [.ok, .exit, .error.code, .error.exit, .error.stderr]' out)" = '[false,4,"exit",4,"broken"]' ]
	sed -n 13p out | grep -q '"value":1e400,'
	summary '40 in: 38 ok, 2 failed, 0 not attempted'
}

@test "stdout that is one JSON text is the value, with its own digits; anything else is a string" {
	cat > in <<-'END'
		12345678901234567890
		[0.10, -0, 1E2]
		 {"a":1,"a":2}
		true
		two words
		NaN
		1 2
	END
	tc-pool -R -j 1 -- cat < in > same 2> err
	cmp in same
	tc-pool -j 4 -- cat < in > out 2> err
	sed -n 's/.*"value":\(.*\),"exit":0.*/\1/p' out > values
	diff - values <<-'END'
		12345678901234567890
		[0.10, -0, 1E2]
		{"a":1,"a":2}
		true
		"two words"
		"NaN"
		"1 2"
	END
}

@test "exactly one line end is taken off a string, nothing off its inside, and pretty JSON goes on one line" {
	echo x > in
	tc-pool -- printf 'a\n\nb\n\n%s' '' < in > out 2> err
	[ "$(jq -c .value out)" = '"a\n\nb\n"' ]
	tc-pool -- true < in > out 2> err
	[ "$(jq -c '[.ok, .value]' out)" = '[true,""]' ]
	tc-pool -- printf '{\n "a": [1,\n 2]\n}\n' < in > out 2> err
	[ "$(wc -l < out)" -eq 1 ]
	[ "$(jq -c .value out)" = '{"a":[1,2]}' ]
}

@test "the members of a result come in the documented order" {
	echo x | tc-pool -- echo hi > out 2> err
	[[ $(cat out) =~ ^'{"index":0,"input":"x","ok":true,"value":"hi","exit":0,"attempts":1,"seconds":'[0-9]+\.[0-9]{3}'}'$ ]]
}

@test "a failure keeps what was printed, and the end of a long stderr only" {
	echo x > in
	run -1 --separate-stderr tc-pool -- sh -c 'echo partial; for i in $(seq 2000); do echo "complaint $i" >&2; done; exit 9' < in
	[ "$(jq -c '[.value, .exit, .error.code, .error.temporary]' <<< "$output")" = '["partial",9,"exit",false]' ]
	[ "$(jq -r .error.stderr <<< "$output" | tail -n 1)" = 'complaint 2000' ]
	[ "$(jq -r '.error.stderr | length' <<< "$output")" -le 2048 ]
	jq -r .error.stderr <<< "$output" | head -n 1 | grep -Eqx 'complaint [0-9]+'
}

@test "progress that is drawn over itself does not push the reason out of a failure" {
	run -1 --separate-stderr tc-pool -- sh -c '
		echo "av_interleaved_write_frame(): No space left on device" >&2
		i=0; while [ $((i += 1)) -le 1000 ]; do printf "frame=%5d fps= 47 q=28.0 size=%8dkB bitrate=N/A speed=1x    \r" $i $i >&2; done
		printf "\nConversion failed!\n" >&2; exit 1' <<< x
	[ "$(jq -r .error.stderr <<< "$output")" = $'av_interleaved_write_frame(): No space left on device\nConversion failed!' ]
}

@test "an error record on stdout becomes the error, other members kept, even with exit status 0" {
	echo '{"ok":false,"error":{"code":"job_failed","message":"no video","temporary":false,"n":1.50}}' > in1
	run -1 --separate-stderr tc-pool -- sh -c 'cat in1; exit 1' <<< x
	grep -qF '"error":{"code":"job_failed","message":"no video","temporary":false,"n":1.50,"exit":1}' <<< "$output"
	run -1 --separate-stderr tc-pool -- cat in1 <<< x
	grep -qF '"n":1.50,"exit":0}' <<< "$output"
	# not one of ours: failed all the same, under a code of the list
	run -1 --separate-stderr tc-pool -- echo '{"ok":false,"error":{"code":"E42","message":"m"}}' <<< x
	[ "$(jq -c '[.ok, .error.code, .value.error.code]' <<< "$output")" = '[false,"exit","E42"]' ]
}

@test "a line that came in as failed passes through byte for byte, and nothing is run on it" {
	printf '%s\n' '{ "ok" : false, "n":1e400, "error":{"code":"exit"} }' '{"ok":false,"error":{"code":"throttled","temporary":true}}' > in
	run -1 --separate-stderr tc-pool -- touch ran < in
	[ "$output" = "$(cat in)" ]
	[ ! -e ran ]
	sed -n 2p in > in2
	run -75 --separate-stderr tc-pool -- touch ran < in2
}

@test "an object and a string stay JSON in input, any other line is text" {
	printf '%s\n' '{"n":1.0}' '"a\u0041"' 'plain "text"' '[1]' > in
	tc-pool -- true < in > out 2> err
	sed -n 's/.*"input":\(.*\),"ok":true.*/\1/p' out > inputs
	diff - inputs <<-'END'
		{"n":1.0}
		"a\u0041"
		"plain \"text\""
		"[1]"
	END
}

@test "broken JSON is invalid input, and so is a member that is missing or cannot be an argument" {
	cat > in <<-'END'
		{"a":
		"open
		{"a":{"b":"deep"}}
		{"a":{"b":12.50}}
		{"a":{"b":true}}
		{"a":{"b":null}}
		{"a":{"b":[]}}
		{"b":1}
		{"a":{"b":1,"b":2}}
		{"a":{"b":"x\u0000y"}}
		text
	END
	run -1 --separate-stderr tc-pool -R -- echo 'v={.a.b}' < in
	[ "$output" = $'v=deep\nv=12.50\nv=true' ]
	run -1 --separate-stderr tc-pool -- echo 'v={.a.b}' < in
	[ "$(jq -c 'select(.ok | not) | .error.code' <<< "$output" | sort | uniq -c | tr -s ' ')" = ' 8 "invalid_input"' ]
	[ "$(jq -s 'length' <<< "$output")" -eq 11 ]
}

# ---------------------------------------------------------------- the command

@test "hostile bytes reach argv unchanged, without a shell" {
	# every byte but NUL, and what shells and JSON care for; first characters too
	{
		for i in $(seq 1 255); do
			printf "\\$(printf %03o "$i")x\\$(printf %03o "$i")\0"
		done
		printf '%s\0' '$(touch owned)' '`touch owned`' '; touch owned' ' lead and trail ' '"quoted"' "it's" '{"a":1}' '{' '-n' '' '*' '~' '\' 'a
b'
	} > in
	tc-pool -0 -R -j 8 -- printf '%s\0' {} < in > out 2> err
	cmp in out
	[ ! -e owned ]
}

@test "the same for lines: all but JSON's own first characters" {
	printf '%s\n' '$(touch owned)' "a'b\"c" '  spaces  ' $'\xff\xfe' $'tab\there' '' '*' 'cr'$'\r' > in
	tc-pool -R -j 4 -- printf '%s\n' {} < in > out 2> err
	cmp in out
	tc-pool -R -j 4 -- cat < in > out 2> err
	cmp in out
	tc-pool -j 4 -- cat < in > out 2> err
	[ "$(jq -s length out)" -eq 8 ]
}

@test "placeholders: line, members, path parts, number, and inside a word; unknown braces stay" {
	echo 'a.b/c d.tar.gz' > in
	tc-pool -n -- echo {} {.} {/} {//} {/.} '{#}' 'out/{/.}.mp4' '{print $1}' '{}{}' '{.a b}' '{..}' < in > out 2> err
	[ "$(jq -c .argv out)" = '["echo","a.b/c d.tar.gz","a.b/c d.tar","c d.tar.gz","a.b","c d.tar","1","out/c d.tar.mp4","{print $1}","a.b/c d.tar.gza.b/c d.tar.gz","{.a b}","{..}"]' ]
	printf '%s\n' file .hidden /top dir/.rc '"s\ttring"' > in
	tc-pool -n -- echo {} {.} {/} {//} {/.} < in > out 2> err
	jq -c '.argv[1:]' out > argv
	diff - argv <<-'END'
		["file","file","file",".","file"]
		[".hidden",".hidden",".hidden",".",".hidden"]
		["/top","/top","top","/","top"]
		["dir/.rc","dir/.rc",".rc","dir",".rc"]
		["s\ttring","s\ttring","s\ttring",".","s\ttring"]
	END
	echo '{"urls":["u0","u1"],"a_b-c":1}' | tc-pool -n -- echo {.urls.1} {.a_b-c} > out 2> err
	[ "$(jq -c '.argv[1:]' out)" = '["u1","1"]' ]
}

@test "a dry run prints what would run and runs nothing" {
	printf '%s\n' '{"f":"x"}' 'bad {' '{"g":1}' > in
	run -1 --separate-stderr tc-pool -n -- touch {.f} < in
	[ "$(head -n 1 <<< "$output")" = '{"index":0,"input":{"f":"x"},"argv":["touch","x"]}' ]
	[ "$(jq -s -c 'map(.ok)' <<< "$output")" = '[null,false,false]' ]
	[ ! -e x ]
}

@test "the command's own name may come from the line; one that is not there fails its item only" {
	printf '%s\n' '{"cmd":"echo"}' '{"cmd":"no-such-command"}' '{"cmd":"/etc/passwd"}' > in
	run -1 --separate-stderr tc-pool -- {.cmd} hi < in
	[ "$(jq -s -c 'map(.exit)' <<< "$output")" = '[0,127,126]' ]
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '[null,"exit","exit"]' ]
}

@test "a missing command is reported before a line is read" {
	run -64 --separate-stderr tc-pool -- no-such-command <<< x
	[ -z "$output" ]
	[ "$stderr" = 'tc-pool: no-such-command: command not found' ]
	run -64 --separate-stderr tc-pool -- /etc/passwd <<< x
}

@test "stdin is the line without a placeholder and /dev/null with one" {
	printf 'a\n{"b":1}\n"c"' > in
	tc-pool -R -- cat < in > out 2> err
	printf 'a\n{"b":1}\n"c"\n' | cmp - out
	tc-pool -R -- sh -c 'cat; echo "$1"' _ {} < in > out 2> err
	diff - out <<< $'a\n{"b":1}\nc'
}

@test "a line larger than any pipe is fed whole, and need not be read at all" {
	head -c 3000000 /dev/zero | tr '\0' x > in
	echo >> in
	tc-pool -R -- cat < in > out 2> err
	cmp in out
	tc-pool -- true < in > out 2> err
	[ "$(jq .ok out)" = true ]
}

@test "children get their index, attempt and key, and none of our descriptors or signal settings" {
	seq 3 > in
	tc-pool -R -j 1 -- sh -c 'echo "$TC_INDEX $TC_ATTEMPT ${#TC_IDEMPOTENCY_KEY}"' < in > out 2> err
	diff - out <<< $'0 1 64\n1 1 64\n2 1 64'
	sh -c 'exec ls /proc/self/fd' > mine < /dev/null 2> err
	echo x | tc-pool -R -- ls /proc/self/fd > out 2> err
	diff mine out
	grep -E '^Sig(Blk|Ign)' /proc/self/status > mine
	echo /proc/self/status | tc-pool -R -- grep -E '^Sig(Blk|Ign)' {} > out 2> err
	diff mine out
}

@test "no file of results that wait, and no lock of another item, reaches a child" {
	mkfifo gate
	cat > work <<-'END'
		#!/bin/bash
		case $1 in
		1) read -r x < gate; echo first;;
		2 | 3 | 4) printf '%03000000d' 0;;
		5) for fd in /proc/self/fd/*; do readlink "$fd"; done > fds; echo > gate;;
		esac
	END
	chmod +x work
	seq 5 | tc-pool -j 2 -l L -- ./work {} > out 2> err
	[ -s fds ]
	run -1 grep deleted fds
	# its own
	[ "$(grep -c '/L$' fds)" -eq 1 ]
}

@test "the watchdog process keeps no file of the pool" {
	mkfifo gate
	echo x > in
	background bash -c 'for n in $(seq 300 310); do eval "exec $n< in"; done
		exec tc-pool -l L -- sh -c "echo > up; read -r x < gate" _ {}'
	until_true test -e up
	for child in $(cat "/proc/$pid/task/$pid/children"); do
		[ "$(readlink "/proc/$child/exe")" != "$(readlink "/proc/$pid/exe")" ] || watcher=$child
	done
	# the end of a pipe by which it hears of our end
	until_true sh -c "[ \"\$(ls /proc/$watcher/fd | wc -l)\" -eq 1 ]"
	readlink "/proc/$watcher/fd/"* | grep -q '^pipe:'
	exec 9<> gate
	echo >&9
	ended "$pid"
	exec 9>&-
}

@test "items that wait for their next try hold no descriptor" {
	seq 300 > in
	(ulimit -n 64; tc-pool -j 8 -l L --retries 99 -- sh -c '[ -e up ] || { echo >> tried; [ "$(wc -l < tried)" -lt 300 ] || : > up; exit 75; }' _ {} < in > out 2> err)
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 300 ]
	run -1 grep 'from here on' err
}

@test "the key is the same in every run and place, and differs for equal lines" {
	printf 'a\nb\na\n' | tc-pool -R -- printenv TC_IDEMPOTENCY_KEY > one 2> err
	[ "$(sort -u one | wc -l)" -eq 3 ]
	printf 'new\na\nb\na\n' | tc-pool -R -- printenv TC_IDEMPOTENCY_KEY > two 2> err
	diff one <(tail -n 3 two)
}

# ---------------------------------------------------------------- output

@test "-R prints the bytes in order, each child's in one piece, its stderr too" {
	mkfifo gate
	seq 3 > in
	tc-pool -R -j 3 -- sh -c '
		printf "out %s begins, " "$1"; echo "err $1 begins" >&2
		case $1 in 1) read -r x < gate;; 3) echo > gate;; esac
		printf "ends"; echo "err $1 ends" >&2' _ {} < in > out 2> err
	[ "$(cat out)" = 'out 1 begins, endsout 2 begins, endsout 3 begins, ends' ]
	[ "$(grep -c begins err)" -eq 3 ]
	# in one piece: each begin is followed by its own end
	awk '/begins/{b=$2} /ends/ && $2 != b {exit 1}' err
}

@test "-R says on stderr what failed, and exits accordingly" {
	run -1 --separate-stderr tc-pool -R -- sh -c 'printf part; exit 3' <<< x
	[ "$output" = part ]
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: x: exit status 3' ]
}

@test "a line for each failed item: its source, the reason, the last words of its command; the same reasons are folded" {
	local n
	for n in $(seq 192); do echo "s1/episode-$n.mov"; done > in
	run -1 --separate-stderr tc-pool -j 4 -- sh -c 'case $1 in *-50.mov) exit 4;; esac; echo first >&2; echo "cannot open $1" >&2; exit 3' _ {} < in
	grep -qx 'tc-pool: line 1: s1/episode-1.mov: exit status 3: cannot open s1/episode-1.mov' <<< "$stderr"
	grep -qx 'tc-pool: line 50: s1/episode-50.mov: exit status 4' <<< "$stderr"
	grep -qx 'tc-pool: 188 more: the same: exit status 3: cannot open s1/episode-[0-9]*.mov' <<< "$stderr"
	[ "${#stderr_lines[@]}" -eq 6 ]
	[ "${stderr_lines[5]}" = '192 in: 0 ok, 192 failed, 0 not attempted' ]
}

@test "what the record of a command says is said as it says it, with the job; a failure of the ledger is said again" {
	run -1 --separate-stderr tc-pool -- sh -c 'echo "{\"ok\":false,\"id\":\"job_7\",\"error\":{\"code\":\"job_failed\",\"message\":\"no moov\",\"temporary\":false}}"; echo "1 in: 0 ok" >&2' <<< a.mov
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: a.mov: no moov (job job_7)' ]
	run -1 --separate-stderr tc-pool -l L -- sh -c 'echo broken >&2; exit 1' _ {} <<< a.mov
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: a.mov: exit status 1: broken' ]
	run -1 --separate-stderr tc-pool -l L -- sh -c 'echo broken >&2; exit 1' _ {} <<< a.mov
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: a.mov: exit status 1: broken (from the ledger; --again runs it again)' ]
}

@test "-u prints results as they come" {
	mkfifo gate
	seq 2 > in
	tc-pool -u -j 2 -- sh -c 'case $1 in 1) read -r x < gate;; 2) :;; esac; echo "$1"' _ {} < in > out 2> err 3>&- &
	pid=$!
	BACKGROUND=$pid
	until_true lines_in out 1
	[ "$(jq -c .index out)" = 1 ]
	echo > gate
	ended "$pid"
	[ "$status" -eq 0 ]
	[ "$(jq -c .index out)" = $'1\n0' ]
}

@test "a result is printed when its turn comes, not when the input ends" {
	mkfifo feed
	tc-pool -- cat < feed > out 2> err 3>&- &
	pid=$!
	BACKGROUND=$pid
	exec 9> feed
	echo one >&9
	until_true lines_in out 1
	echo two >&9
	until_true lines_in out 2
	exec 9>&-
	ended "$pid"
	[ "$status" -eq 0 ]
}

@test "-v passes on stderr line by line, otherwise it is in failures only" {
	run --separate-stderr -0 tc-pool -v -- sh -c 'printf "one\ntw" >&2; printf "o\n" >&2' <<< x
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: one' ]
	[ "${stderr_lines[1]}" = 'tc-pool: line 1: two' ]
	run --separate-stderr -0 tc-pool -- sh -c 'echo one >&2' <<< x
	[ "$stderr" = '1 in: 1 ok, 0 failed, 0 not attempted' ]
	run --separate-stderr -0 tc-pool --quiet -- sh -c 'echo one >&2' <<< x
	[ -z "$stderr" ]
}

@test "results behind a stuck first item wait outside memory and come out in order" {
	mkfifo gate
	seq 4000 > in
	ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1 background tc-pool -j 8 -- sh -c '
		[ "$1" != 1 ] || read -r x < gate
		[ "$1" != 4000 ] || : > last # 80 MB in all
		printf "%020000d" "$1"' _ {}
	UNTIL=120 until_true test -e last
	exec 9<> gate
	echo >&9
	while kill -0 "$pid" 2>/dev/null; do
		sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null >> peak || true
		sleep 0.01
	done
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
	[ "$(jq .index out)" = "$(seq 0 3999)" ]
	[ "$(sort -n peak | tail -n 1)" -lt 65536 ]
}

@test "few file descriptors mean fewer running commands, not failures" {
	seq 300 > in
	(ulimit -n 64; tc-pool -j 8 -- echo {} < in > out 2> err)
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 300 ]
	(ulimit -n 24; tc-pool -j 50 -- echo {} < in > out 2> err)
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 300 ]
	grep -q 'running at most [0-9]* at a time' err
}

@test "--window bounds how far ahead lines are read" {
	mkfifo gate
	seq 50 > in
	background tc-pool --window 5 -j 2 -- sh -c 'echo >> started; [ "$1" != 1 ] || read -r x < gate' _ {}
	until_true lines_in started 5
	exec 9<> gate
	# all it may start has started: 1 waits and 2 to 5 have their results held
	if grows started; then false; fi
	[ "$(wc -l < started)" -eq 5 ]
	echo >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
	[ "$(wc -l < started)" -eq 50 ]
}

# true if FILE grows beyond five lines within a third of a second
grows() {
	local n
	for n in $(seq 30); do
		lines_in "$1" 6 && return 0
		sleep 0.01
	done
	return 1
}

# ---------------------------------------------------------------- verdicts

# a command that fails N times for each item with STATUS, then prints its try
flaky() {
	cat > flaky <<-END
		#!/bin/sh
		echo "\$TC_INDEX \$TC_ATTEMPT \$TC_IDEMPOTENCY_KEY" >> tries
		[ "\$TC_ATTEMPT" -gt $1 ] || { echo "$3" >&2; exit $2; }
		echo "\$TC_ATTEMPT"
	END
	chmod +x flaky
}

@test "exit 75 is tried again under the same key, and counts its tries" {
	flaky 1 75
	printf 'a\nb\n' | tc-pool -- ./flaky > out 2> err
	[ "$(jq -s -c 'map([.value, .attempts])' out)" = '[[2,2],[2,2]]' ]
	[ "$(awk '{print $1, $3}' tries | sort -u | wc -l)" -eq 2 ]
}

@test "a waiting item holds no slot" {
	flaky 1 75
	# with one slot and a wait between its tries, the second item goes ahead
	cat > first <<-'END'
		#!/bin/sh
		echo "$TC_INDEX" >> order
		[ "$TC_INDEX$TC_ATTEMPT" != 01 ] || exit 75
	END
	chmod +x first
	seq 2 | tc-pool -j 1 -- ./first > out 2> err
	[ "$(tr '\n' ' ' < order)" = '0 1 0 ' ]
}

@test "--retries bounds it, and what is left over is temporary: 75" {
	flaky 9 75
	run -75 --separate-stderr tc-pool --retries 1 -- ./flaky <<< x
	[ "$(jq -c '[.attempts, .exit, .error.code, .error.temporary]' <<< "$output")" = '[2,75,"exit",true]' ]
	run -75 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 1 ]
}

@test "any other failure is permanent unless --retry-on names it" {
	flaky 1 9
	run -1 --separate-stderr tc-pool -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 1 ]
	run -0 --separate-stderr tc-pool --retry-on 3,8-10 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
	run -0 --separate-stderr tc-pool --retry-on signal -- sh -c '[ $TC_ATTEMPT != 1 ] || kill -SEGV $$' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a record that says temporary is tried again" {
	run -0 --separate-stderr tc-pool -- sh -c '
		[ $TC_ATTEMPT = 2 ] || { echo "{\"ok\":false,\"error\":{\"code\":\"unavailable\",\"message\":\"m\",\"temporary\":true}}"; exit 1; }' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a throttled try does not use up --retries: by status, by stderr, by record" {
	flaky 1 9
	run -0 --separate-stderr tc-pool --retries 0 --throttle-on 9 -- ./flaky <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
	flaky 1 22 'curl: (22) The requested URL returned error: 429'
	run -0 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	flaky 1 1 'HTTP/1.1 429 Too Many Requests'
	run -0 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	flaky 1 1 'SLOW DOWN, please'
	run -0 --separate-stderr tc-pool --retries 0 --throttle-match '^SLOW (DOWN|UP)' -- ./flaky <<< x
	run -1 --separate-stderr tc-pool --retries 0 -- ./flaky <<< x
	run -0 --separate-stderr tc-pool --retries 0 -- sh -c '
		[ $TC_ATTEMPT = 2 ] || { echo "{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"m\",\"temporary\":true}}"; exit 75; }' <<< x
}

@test "--retry-match: what stderr says of the cluster makes a try unavailable, also with status 0" {
	flaky 1 0 'srun: error: Node failure on n1'
	run -0 --separate-stderr tc-pool --max-throttle 1s -- ./flaky <<< x
	[ "$(jq -c '[.ok, .attempts]' <<< "$output")" = '[true,2]' ]
	run -75 --separate-stderr tc-pool --retries 0 -- sh -c 'echo half; echo "srun: error: Node failure on n1" >&2' <<< x
	[ "$(jq -c '[.ok, .error.code, .error.temporary, .error.exit, .value]' <<< "$output")" = '[false,"unavailable",true,0,"half"]' ]
	run -75 --separate-stderr tc-pool --retries 0 -l ledger --retry-match '^stale' -- sh -c 'echo stale handle >&2; exit 3' <<< x
	[ "$(jq -c '[.error.code, .error.exit]' <<< "$output")" = '["unavailable",3]' ]
	run -0 --separate-stderr tc-pool -l ledger2 --retry-match '' -- sh -c 'echo "srun: error: Node failure on n1" >&2' <<< x
}

@test "--retry-match: a copy that ends without an answer is judged by it" {
	cat > copy <<-'END'
		#!/bin/sh
		while read -r line; do
			if mkdir seen 2> /dev/null; then
				echo 'srun: error: Node failure on n1' >&2
				exit 0
			fi
			echo "got $line"
		done
	END
	chmod +x copy
	run -0 --separate-stderr tc-pool -c -j 1 -- ./copy <<< x
	[ "$(jq -c '[.value, .attempts]' <<< "$output")" = '["got x",2]' ]
	rmdir seen
	run -75 --separate-stderr tc-pool -c -j 1 --retries 0 -- ./copy <<< x
	[ "$(jq -r .error.code <<< "$output")" = unavailable ]
}

@test "--shard K/N does every Nth line, with the index and key of the whole" {
	printf 'a\nb\na\na\n{"x":1}\nb\n{"index":6,"ok":false,"error":{"code":"exit","message":"m"}}\n{bad\na\n' > lines
	run -1 --separate-stderr tc-pool -- sh -c 'echo $TC_INDEX $TC_IDEMPOTENCY_KEY' < lines
	printf '%s\n' "$output" | jq -c 'del(.seconds)' > whole
	for k in 1 2 3; do
		tc-pool --shard $k/3 -- sh -c 'echo $TC_INDEX $TC_IDEMPOTENCY_KEY' < lines > part.$k 2> err.$k || [ $? = 1 ]
		[ "$(wc -l < part.$k)" = 3 ]
	done
	grep -qx '3 in: 3 ok, 0 failed, 0 not attempted' err.3
	paste -d '\n' part.1 part.2 part.3 | sed '/^$/d' | jq -c 'del(.seconds)' | cmp - whole
	run -1 --separate-stderr tc-report --merge=9 part.2 part.3 part.1
	printf '%s\n' "$output" | jq -c 'del(.seconds)' | cmp - whole
	run -0 --separate-stderr tc-pool --shard 12/12 -- echo {} < lines
	[ -z "$output" ]
	seq 9 | tc-pool --shard 2/4 -n -- echo {} > dry
	[ "$(jq -c '[.index, .argv[1]]' dry | tr -d '\n')" = '[1,"2"][5,"6"]' ]
}

@test "--shard: each part has a ledger of its own, and another part's is refused" {
	seq 20 > lines
	tc-pool --shard 2/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines > first
	tc-pool --shard 2/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines | cmp - first
	[ "$(wc -l < ran)" = 5 ]
	run -78 tc-pool --shard 2/5 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	run -78 tc-pool --shard 1/4 -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	run -78 tc-pool -l ledger -- sh -c 'echo "$1" >> ran; echo "$1"' _ {} < lines
	for value in 0/3 4/3 1 1/ /2 x/3 1/3x 1/0 -1/3 1/1000001 ''; do
		run -64 --separate-stderr tc-pool --shard "$value" -- true < lines
		[[ "$stderr" = *'expected K/N'* ]]
	done
}

@test "--shard: unordered, raw, in a small window and with --halt" {
	[ "$(seq 9 | tc-pool --quiet -u -j 3 --shard 3/3 -- echo {} | jq -r .value | sort | tr -d '\n')" = 369 ]
	[ "$(seq 9 | tc-pool --quiet -R --shard 3/3 -- echo {} | tr -d '\n')" = 369 ]
	[ "$(seq 99 | tc-pool --quiet --window 1 --shard 7/10 -- echo {} | jq -r .value | tr '\n' ' ')" = '7 17 27 37 47 57 67 77 87 97 ' ]
	seq 9 | tc-pool --quiet -j 1 --shard 3/3 --halt soon,fail=1 -- false > out || [ $? = 1 ]
	[ "$(jq -r .error.code out | tr '\n' ' ')" = 'exit not_attempted not_attempted ' ]
}

@test "--no-placeholders: braces are the command's own, also those of a pool in a copy" {
	[ "$(seq 2 | tc-pool --quiet --no-placeholders -- sed 's/$/{}/' | jq -r .value | tr '\n' ' ')" = '1{} 2{} ' ]
	printf '{"src":"a"}\n{"src":"b"}\n' | tc-pool --quiet -c -j 2 --no-placeholders -- tc-pool --quiet -j 1 -- echo {.src} > out
	[ "$(jq -c '[.index, .ok, .value.value]' out | tr -d '\n')" = '[0,true,"a"][1,true,"b"]' ]
	run -64 --separate-stderr tc-pool -c -- tc-pool -- echo {.src} < /dev/null
	[[ "$stderr" = *'--no-placeholders'* ]]
	seq 2 | tc-pool --quiet -l ledger --no-placeholders -- cat {} > out || [ $? = 1 ]
	run -78 tc-pool -l ledger -- cat {} < /dev/null
}

@test "a throttle stops every start until what the record asked for has passed, then there is one probe" {
	cat > service <<-'END'
		#!/bin/sh
		now=$(date +%s%N)
		echo "$now start $TC_INDEX $TC_ATTEMPT" >> log
		if [ "$TC_ATTEMPT" = 1 ] && [ "$TC_INDEX" -lt 3 ]; then
			until [ "$(wc -l < log)" -ge 3 ]; do :; done
			echo '{"ok":false,"error":{"code":"throttled","message":"m","temporary":true,"retry_after":1}}'
			exit 75
		fi
	END
	chmod +x service
	seq 6 | tc-pool -j 3 -- ./service > out 2> err
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 6 ]
	# the first three at most ran before the pause; after it one came alone
	awk 'NR == 1 {first = $1}
	     $1 - first < 1000000000 {early++}
	     $1 - first >= 1000000000 {late++}
	     END {exit !(early <= 3 && early + late == NR && late >= 6)}' log
	awk '$4 == 2 {print $1; exit}' log > probe
	[ -s probe ]
}

@test "a line that is always throttled goes behind the others: the next probe is another line" {
	printf '%s\n' bad a b c > in
	run -75 --separate-stderr tc-pool -j 1 --max-throttle 1s --throttle-on 9 -- sh -c 'echo {} >> log; [ {} != bad ] || exit 9' < in
	[ "$(sed -n 1,2p log | xargs)" = 'bad a' ]
	[ "$(jq -s -c 'map([.input, .ok])' <<< "$output")" = '[["bad",false],["a",true],["b",true],["c",true]]' ]
	[ "$(grep -c '^[abc]$' log)" = 3 ]
}

@test "over --max-throttle the run stops, says how to go on, and exits 75" {
	seq 5 > in
	run -75 --separate-stderr tc-pool --max-throttle 300ms --throttle-on 9 -- sh -c 'exit 9' < in
	[ "$(jq -s length <<< "$output")" -eq 5 ]
	[ "$(jq -s -c 'map(.error.code) | unique - ["throttled", "not_attempted"]' <<< "$output")" = '[]' ]
	[ "$(jq -s -c '.[0].error | [.code, .temporary]' <<< "$output")" = '["throttled",true]' ]
	grep -q 'Run the lines that are not ok again' <<< "$stderr"
	# a service that asks for more than that is not slept for
	run -75 --separate-stderr tc-pool --max-throttle 1m -- sh -c '
		echo "{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"m\",\"temporary\":true,\"retry_after\":86400}}"; exit 75' < in
	[ "$(jq -s -c '.[0].error.retry_after' <<< "$output")" = 86400 ]
}

@test "plain curl -f against a service that allows 10 a second with bursts of 20" {
	command -v tc-serve curl > /dev/null || skip 'needs tc-serve and curl'
	serve --rate 20 --burst 20
	seq 120 > in
	start=$(date +%s%N)
	tc-pool -j 10 -- curl -fsS -o /dev/null -H "Authorization: Bearer $TC_LOCAL_API_KEY" "$TC_BASE_URL/v1/transcodes?limit=1&n={}" < in > out 2> err || { cat err; head -n 3 out; false; }
	took=$((($(date +%s%N) - start) / 1000000))
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq 120 ]
	refused=$(jq -s 'map(.attempts) | add - 120' out)
	echo "# $took ms, $refused answers 429" >&3
	[ "$refused" -gt 0 ]
	[ "$refused" -lt 48 ]
	# ideal: 100 beyond the burst at 20 a second; pauses weigh more in so short a run
	[ "$took" -lt 10000 ]
}

@test "--timeout ends the whole group with TERM, and KILL if that is not heard" {
	run -1 --separate-stderr tc-pool --timeout 100ms -j 2 -- sh -c 'echo $$ >> pids; sleep 60 & echo $! >> pids; wait' <<< x
	[ "$(jq -c '[.error.code, .error.temporary, .signal]' <<< "$output")" = '["timeout",false,"TERM"]' ]
	for pid in $(cat pids); do until_true gone "$pid"; done
	run -1 --separate-stderr tc-pool --timeout 100ms -- sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1; done' <<< x
	[ "$(jq -c '[.error.code, .signal]' <<< "$output")" = '["timeout","KILL"]' ]
	for pid in $(cat pids); do until_true gone "$pid"; done
	run -0 --separate-stderr tc-pool --timeout 300ms --retry-on timeout -- sh -c '[ $TC_ATTEMPT != 1 ] || sleep 60' <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "a grandchild that keeps stdout open stalls nobody, and is killed with its group" {
	start=$(date +%s)
	run -0 --separate-stderr tc-pool -- sh -c 'sleep 60 & echo $!' <<< x
	[ $(($(date +%s) - start)) -lt 10 ]
	until_true gone "$(jq .value <<< "$output")"
}

@test "a child that closes its stdout is not done before it has ended" {
	run -1 --separate-stderr tc-pool -- sh -c 'exec >&- 2>&-; : > closed; while [ ! -e go ]; do [ -e closed ] && : > go; done; exit 3' <<< x
	[ "$(jq -c .exit <<< "$output")" = 3 ]
}

@test "--halt soon lets what runs finish, now ends it, never goes on" {
	seq 20 > in
	run -1 --separate-stderr tc-pool -j 1 --halt soon,fail=2 -- sh -c 'exit $(($1 % 2))' _ {} < in
	[ "$(jq -s -c 'map(.error.code) | group_by(.) | map([.[0], length])' <<< "$output")" = '[[null,1],["exit",2],["not_attempted",17]]' ]
	mkfifo gate
	printf '%s\n' 1 2 3 > in
	start=$(date +%s)
	run -1 --separate-stderr tc-pool -j 2 --halt now,fail=1 -- sh -c '
		[ "$1" != 1 ] || { : > up; exec sleep 60; }
		while [ ! -e up ]; do sleep 0.01; done; exit 7' _ {} < in
	[ $(($(date +%s) - start)) -lt 30 ]
	[ "$(jq -s -c 'map(.error.code)' <<< "$output")" = '["interrupted","exit","not_attempted"]' ]
	seq 10 > in
	run -1 --separate-stderr tc-pool -j 1 --halt soon,fail=30% -- sh -c 'exit 1' < in
	[ "$(jq -s -c 'map(select(.error.code == "exit")) | length' <<< "$output")" -eq 3 ]
	run -1 --separate-stderr tc-pool -j 1 --halt never -- sh -c 'exit 1' < in
	[ "$(jq -s -c 'map(select(.error.code == "exit")) | length' <<< "$output")" -eq 10 ]
}

@test "a mix of temporary and permanent failures is 1, temporary ones alone are 75" {
	run -1 tc-pool --retries 0 -- sh -c 'exit $1' _ {} <<< $'75\n3'
	run -75 tc-pool --retries 0 -- sh -c 'exit $1' _ {} <<< $'75\n0'
	run -0 tc-pool -- true < /dev/null
}

# ---------------------------------------------------------------- no success without an answer

@test "a pipe whose first command fails is no success: a filter that reads no line in a pool fails" {
	serve --encoder "$ENCODER"
	echo https://example.com/a.mp4 > in
	run -1 --separate-stderr tc-pool -- sh -c 'tc-create --typo | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .error.code, .exit]' <<< "$output")" = '[false,"exit",1]' ]
	jq -r .error.stderr <<< "$output" | grep -q 'tc-url: no input lines'
	for filter in tc-create tc-wait tc-url tc-cancel; do
		run -1 --separate-stderr env TC_IDEMPOTENCY_KEY=k $filter < /dev/null
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = "$filter: no input lines: the previous command in the pipe failed or printed nothing" ]
		# elsewhere nothing in is nothing out
		run -0 $filter < /dev/null
	done
	# copies have no item of their own
	run -0 --separate-stderr tc-pool -c -j 2 -- sh -c 'tc-create | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .value.ok]' <<< "$output")" = '[true,true]' ]
	# the form of the manual passes on what tc-create says
	run -77 --separate-stderr env TC_LOCAL_API_KEY= tc-pool -- sh -c 'job=$(tc-create) && printf "%s\n" "$job" | tc-wait | tc-url' < in
	[ "$(jq -c '[.ok, .exit]' <<< "$output")" = '[false,77]' ]
}

@test "a command that writes nothing where others write JSON is worth a warning" {
	seq 4 > in
	run -0 --separate-stderr tc-pool -- sh -c '[ "$1" = 3 ] || echo "{}"' _ {} < in
	[ "${stderr_lines[0]}" = "tc-pool: line 3: the command wrote nothing, where others wrote JSON (of a pipe in sh the last command's status alone counts)" ]
	[ "${stderr_lines[1]}" = '4 in: 4 ok, 0 failed, 0 not attempted' ]
	for quiet in 'true' 'echo word' '[ "$1" = 1 ] && echo word; [ "$1" = 2 ] || echo "{}"' 'echo "{}"'; do
		run -0 --separate-stderr tc-pool -- sh -c "$quiet" _ {} < in
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

# ---------------------------------------------------------------- final by its own doing only

# done_in LEDGER: how many items are done there
done_in() {
	jq -s 'map(select(.t == "done")) | length' "$1"
}

@test "a child that others end is interrupted: temporary, not done, run again under the same key" {
	local how
	for how in 'kill -TERM $$' 'kill -KILL $$' 'kill -HUP $$' 'exit 129' 'exit 130' 'exit 131' 'exit 137' 'exit 143'; do
		rm -f L keys up
		printf 'echo "$TC_IDEMPOTENCY_KEY" >> keys; [ -e up ] || %s; echo fine\n' "$how" > work
		run -75 --separate-stderr tc-pool -l L --retries 0 -- sh ./work {} <<< x
		[ "$(jq -c '[.error.code, .error.temporary, .attempts]' <<< "$output")" = '["interrupted",true,1]' ]
		grep -q 'from outside' <<< "$output"
		[ "$(done_in L)" -eq 0 ]
		: > up
		run -0 --separate-stderr tc-pool -l L -- sh ./work {} <<< x
		[ "$(sort -u keys | wc -l)" -eq 1 ]
		[ "$(done_in L)" -eq 1 ]
	done
	# in the same run it is tried again as what failed for a time is
	run -0 --separate-stderr tc-pool -- sh -c '[ $TC_ATTEMPT = 2 ] || kill -KILL $$' _ {} <<< x
	[ "$(jq -c .attempts <<< "$output")" = 2 ]
}

@test "what fails while the pool is being stopped was interrupted" {
	seq 2 > in
	# the child is the one that ends us, and knows no better status
	run -143 --separate-stderr tc-pool -l L -j 1 -- sh -c '[ -e up ] || { kill -TERM $PPID; exit 255; }' _ {} < in
	[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[["interrupted",true],["not_attempted",true]]' ]
	[ "$(done_in L)" -eq 0 ]
	: > up
	run -0 --separate-stderr tc-pool -l L -j 1 -- sh -c '[ -e up ] || { kill -TERM $PPID; exit 255; }' _ {} < in
	[ "$(done_in L)" -eq 2 ]
}

@test "what failed in the second before the pool is told to stop was interrupted too" {
	# when its child is gone the pool is told to; on a machine that stands still for a second, once more
	cat > work <<-'END'
		#!/bin/sh
		setsid sh -c 'until [ "$(wc -w < /proc/$1/task/$1/children)" -le 1 ]; do :; done; kill -TERM $1; : > told' _ $PPID > /dev/null 2>&1 &
		exit 255
	END
	chmod +x work
	for try in 1 2 3 4 5; do
		rm -f L told
		run -143 --separate-stderr tc-pool -l L -- ./work {} < <(echo x; exec 2> /dev/null; until [ -e told ]; do sleep 0.05; done)
		[ "$(jq -r '.error.code' <<< "$output")" != interrupted ] || break
	done
	[ "$(jq -c '[.error.code, .error.temporary, .exit]' <<< "$output")" = '["interrupted",true,255]' ]
	[ "$(done_in L)" -eq 0 ]
	# nobody told it: it is final
	run -1 --separate-stderr tc-pool -l M -- sh -c 'exit 255' _ {} <<< x
	[ "$(jq -c '[.error.code, .error.temporary]' <<< "$output")" = '["exit",false]' ]
	[ "$(done_in M)" -eq 1 ]
	# and what waits until it is final counts for --halt at once
	seq 20 > in
	run -1 --separate-stderr tc-pool -l N -j 1 --halt soon,fail=2 -- sh -c 'exit $(($1 % 2))' _ {} < in
	[ "$(jq -s -c 'map(.error.code) | group_by(.) | map([.[0], length])' <<< "$output")" = '[[null,1],["exit",2],["not_attempted",17]]' ]
}

@test "a command that is missing for a moment is waited for, and one that stays away stops the run with 75" {
	printf '#!/bin/sh\n[ "$1" != 2 ] || [ -e once ] || { : > once; mv work away; (sleep 0.3; mv away work) > /dev/null 2>&1 & }\n' > work
	chmod +x work
	seq 4 > in
	run -0 --separate-stderr tc-pool -j 1 -- ./work {} < in
	[ "$(jq -s -c 'map(.attempts)' <<< "$output")" = '[1,1,1,1]' ]
	rm -f once
	printf '#!/bin/sh\n[ -e once ] || { : > once; mv work away; }\n' > work
	run -75 --separate-stderr tc-pool -l L --max-throttle 300ms -j 1 -- ./work {} < in
	[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[null,["unavailable",true],["not_attempted",true],["not_attempted",true]]' ] ||
		[ "$(jq -s -c 'map(.error | [.code, .temporary])' <<< "$output")" = '[[null,null],["unavailable",true],["not_attempted",true],["not_attempted",true]]' ]
	grep -q '^tc-pool: ./work: No such file or directory: stopped' <<< "$stderr"
	mv away work
	run -0 --separate-stderr tc-pool -l L -j 1 -- ./work {} < in
	[ "$(done_in L)" -eq 4 ]
}

@test "a file that is not a program is wrong usage, and no line is run" {
	printf 'no first line\n' > work
	printf '#!/no/such/interpreter\n' > script
	chmod +x work script
	for command in ./work ./script; do
		rm -f L
		run -64 --separate-stderr tc-pool -l L -- $command {} <<< $'a\nb'
		[ "$(jq -s -c 'map(.error.temporary)' <<< "$output")" = '[true,true]' ]
		[ "$(done_in L)" -eq 0 ]
	done
}

@test "a refused key stops the pool with 77, an exhausted quota with 1, and their items stay to be done" {
	for code in unauthorized quota; do
		printf '{"ok":false,"error":{"code":"%s","message":"m","temporary":false}}\n' $code > $code
	done
	seq 5 > in
	while read -r status what; do
		rm -f L up
		printf '[ ! -e up ] || exit 0\n[ "$1" != 2 ] || { %s; }\n' "$what" > work
		run -"$status" --separate-stderr tc-pool -l L -j 1 -- sh ./work {} < in
		[ "$(jq -s -c 'map(.error.code == "not_attempted")' <<< "$output")" = '[false,false,true,true,true]' ]
		[ "$(done_in L)" -eq 1 ]
		grep -q '^tc-pool: line 2: .*: stopped' <<< "$stderr"
		: > up
		run -0 --separate-stderr tc-pool -l L -j 1 -- sh ./work {} < in
		[ "$(done_in L)" -eq 5 ]
	done <<-END
		77 exit 77
		77 exit 78
		77 cat unauthorized; exit 1
		77 cat unauthorized
		1 cat quota; exit 1
	END
}

# ---------------------------------------------------------------- signals

@test "one TERM: exactly what runs finishes, every line has its result, the status says 143" {
	mkfifo gate
	seq 10 > in
	background tc-pool -j 2 -- sh -c 'echo $$ >> running; read -r x < gate; echo done' _ {}
	until_true lines_in running 2
	kill -TERM "$pid"
	until_true grep -q stopping err
	exec 9<> gate
	printf '\n\n' >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 143 ]
	[ "$(jq -s -c 'map(.error.code // .value)' out)" = '["done","done","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted","not_attempted"]' ]
	summary '10 in: 2 ok, 0 failed, 8 not attempted'
}

@test "a second signal ends the groups, nothing is left alive" {
	seq 5 > in
	background tc-pool -j 2 -- sh -c 'sleep 60 & echo $! >> running; wait; exit 9' _ {}
	until_true lines_in running 2
	kill -HUP "$pid"
	until_true grep -q stopping err
	kill -HUP "$pid"
	ended "$pid"
	[ "$status" -eq 129 ]
	[ "$(jq -s -c 'map(.error.code)' out)" = '["interrupted","interrupted","not_attempted","not_attempted","not_attempted"]' ]
	for child in $(cat running); do until_true gone "$child"; done
	summary '5 in: 0 ok, 2 failed, 3 not attempted'
}

@test "a third signal ends tc-pool itself, and still nothing is left alive" {
	seq 2 > in
	background tc-pool -j 2 -- sh -c 'trap "" TERM; echo $$ >> running; while :; do sleep 0.1; done' _ {}
	until_true lines_in running 2
	for n in 1 2 3; do
		kill -TERM "$pid" || true
		sleep 0.1
	done
	ended "$pid"
	[ "$status" -eq 143 ]
	for child in $(cat running); do until_true gone "$child"; done
}

@test "killed with -9 it takes its children with it, grandchildren too, and lets them clean up" {
	seq 3 > in
	# a shell whose sleep is killed says so on stderr, which nobody reads any more
	background tc-pool -j 3 -- sh -c 'exec 2>/dev/null
		clean_up() { trap "" TERM; sleep 1.2; echo > gave_back; exit; }
		[ "$1" != 3 ] || trap clean_up TERM
		sleep 60 & echo $! >> running; wait; echo' _ {}
	until_true lines_in running 3
	kill -KILL "$pid"
	for child in $(cat running); do until_true gone "$child"; done
	until_true test -e gave_back
}

@test "a retry that waits when the signal comes is interrupted, not lost" {
	echo x > in
	background tc-pool --retries 100 -- sh -c 'echo "{\"ok\":false,\"error\":{\"code\":\"unavailable\",\"message\":\"m\",\"temporary\":true,\"retry_after\":600}}"; echo >> tried; exit 75'
	until_true lines_in tried 1
	until_true sh -c "[ \"\$(cat /proc/$pid/task/$pid/children | wc -w)\" -le 1 ]"
	kill -TERM "$pid"
	ended "$pid"
	[ "$status" -eq 143 ]
	[ "$(jq -c '[.error.code, .error.temporary, .attempts]' out)" = '["interrupted",true,1]' ]
}

@test "URG and USR2 count from the start: while the ledger is held by another pool, too" {
	has_ledger() { [ -n "$(find "/proc/$1/fd" -lname "$PWD/L")" ]; }
	[ -d /proc/self/fd ] || skip "needs /proc"
	mkfifo gate
	echo x > in
	background tc-pool -l L -- sh -c ': > began; read -r x < gate'
	until_true test -e began
	: > in
	local first=$pid
	background tc-pool -j 3 -l L --force-ledger -- true
	until_true has_ledger "$pid"
	kill -USR2 "$pid"
	echo > gate
	until_true gone "$first"
	ended "$pid"
	[ "$status" -eq 0 ]
	grep -q '^running at most 2 at a time$' err
}

@test "USR2 means one fewer at a time, URG one more, and neither ends it" {
	mkfifo gate
	seq 12 > in
	background tc-pool -j 2 -- sh -c 'echo >> running; read -r x < gate' _ {}
	exec 9<> gate
	until_true lines_in running 2
	kill -URG "$pid"
	until_true grep -q '^running at most 3 at a time' err
	until_true lines_in running 3
	kill -USR2 "$pid"
	until_true grep -q '^running at most 2 at a time' err
	for n in 1 2 3 4 5; do kill -USR2 "$pid"; done
	until_true grep -q '^running at most 1 at a time' err
	# three end, and one takes their place
	printf '\n\n\n' >&9
	until_true lines_in running 4
	until_true sh -c "[ \"\$(wc -w < /proc/$pid/task/$pid/children)\" -le 2 ]"
	[ "$(wc -l < running)" -eq 4 ]
	printf '\n%.0s' 1 2 3 4 5 6 7 8 9 >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
}

# stopped PID: true if it stands still
stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

@test "^Z stops the commands with the pool, and they go on together" {
	# a shell with job control, so that there is somebody to continue it
	cat > shell <<-'END'
		set -m
		tc-pool --timeout 20s -- sh -c 'echo $$ > child; until [ -e go ]; do sleep 0.05; done; echo done' _ {} < in > out 2> err &
		echo $! > pool
		wait # also ends when it is stopped
		until [ -s out ]; do sleep 0.05; done
	END
	echo x > in
	background bash ./shell
	until_true test -s child
	kill -TSTP "$(cat pool)"
	until_true stopped "$(cat pool)"
	stopped "$(cat child)"
	kill -CONT "$(cat pool)"
	: > go
	until_true lines_in out 1
	[ "$(jq -r .value out)" = "done" ]
	ended "$pid"
}

@test "a command that reads the terminal fails with the reason, and nothing hangs" {
	command -v script > /dev/null || skip 'needs script'
	echo a > in
	timeout 60 script -qec "tc-pool --progress=never -- sh -c 'read x < /dev/tty; : {}' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code, .error.temporary]' out)" = '[false,"TTIN","signal",false]' ]
	jq -r .error.message out | grep -q 'SIGTTIN.*terminal'
	timeout 60 script -qec "tc-pool --progress=never -- sh -c 'stty -echo < /dev/tty; : {}' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code]' out)" = '[false,"TTOU","signal"]' ]
	timeout 60 script -qec "tc-pool --progress=never -c -- sh -c 'read x < /dev/tty' < in > out 2> err" /dev/null < /dev/null > /dev/null || true
	[ "$(jq -c '[.ok, .signal, .error.code, .attempts]' out)" = '[false,"TTIN","signal",1]' ]
}

@test "USR1 asks how far it is" {
	mkfifo gate
	seq 3 > in
	background tc-pool -j 1 -- sh -c 'echo >> running; read -r x < gate' _ {}
	until_true lines_in running 1
	kill -USR1 "$pid"
	until_true grep -q '^tc-pool: 0 done, 0 failed, 1 running, 2 queued, ' err
	exec 9<> gate
	printf '\n\n\n' >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 0 ]
}

# ---------------------------------------------------------------- coprocesses

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

# ---------------------------------------------------------------- make

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

most_at_once() {
	awk '/\+/{n++} /-/{n--} n > most {most = n} END {print most}' log
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

# ---------------------------------------------------------------- pace

@test "-j auto starts small, grows while all goes well and stays between its bounds" {
	cat > job <<-'END'
		#!/bin/bash
		echo + >> log
		for n in $(seq 300); do
			[ -e full ] && break
			[ $(($(grep -c + log) - $(grep -c - log))) -lt 3 ] || : > full
			sleep 0.01
		done
		echo - >> log
	END
	chmod +x job
	seq 30 | tc-pool -j auto:3..3 -- ./job {} > out 2> err
	[ "$(most_at_once)" -eq 3 ]
	rm -f log
	seq 60 | tc-pool -j auto:1..2 -- ./job {} > out 2> err
	[ "$(most_at_once)" -le 2 ]
}

@test "a shell that dies of SIGTERM at once leaves what it runs the time to clean up" {
	printf '#!/bin/sh\ntrap "sleep 0.4; echo clean >> cleaned; exit 1" TERM\necho up > up\nwhile :; do sleep 0.05; done\n' > careful
	chmod +x careful
	run -75 --separate-stderr tc-pool --timeout 300ms --retries 0 --retry-on timeout -- sh -c './careful; true' <<< x
	[ "$(cat cleaned)" = clean ]
	rm cleaned up
	echo x > line
	start_background pool sh -c 'exec tc-pool -- sh -c "./careful; true" < line'
	until_true test -e up
	kill "$PID"
	until_true grep -q stopping pool.err
	kill "$PID"
	until_true test -e cleaned
	# one that never ends is killed all the same
	printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 0.05; done\n' > stubborn
	chmod +x stubborn
	before=$SECONDS
	run -1 --separate-stderr tc-pool --timeout 300ms -- sh -c './stubborn; true' <<< x
	[ $((SECONDS - before)) -lt 12 ]
}

# A limiter for --rate-cmd: notes what it is told in the file told, and answers each start with the seconds in $1.
limiter() {
	cat > limiter <<-'END'
		#!/bin/sh
		while read -r word rest; do
			echo "$word $rest" >> told
			[ "$word" != start ] || echo "$1"
		done
		echo end >> told
	END
	chmod +x limiter
}

@test "--rate-cmd: started once, asked before each start, told of rate and throttles, ended with the run" {
	limiter
	seq 5 | tc-pool --quiet -j 1 --rate 10/s:3 --rate-cmd './limiter 0' -- true > out
	[ "$(jq -s 'map(.ok) | all' out)" = true ]
	[ "$(head -n 1 told)" = 'limit rate=10 burst=3' ]
	[ "$(grep -c '^start' told)" = 5 ]
	[ "$(grep -c '^end' told)" = 1 ]
	rm told
	flaky 1 9
	tc-pool --quiet --throttle-on 9 --rate-cmd "sh -c './limiter 0.01'" -- ./flaky <<< x > out
	[ "$(jq -c '[.ok, .attempts]' out)" = '[true,2]' ]
	grep -qE '^throttled [0-9]+\.[0-9]{6}$' told
}

@test "--rate-cmd: its replies are waited for, and several starts are asked for together" {
	cat > steps <<-'END'
		#!/bin/sh
		# the first three at once, the others 200 ms apart; answered only once all of five were asked for
		for i in 1 2 3 4 5; do read -r word; done
		printf '0\n0\n0\n0.2\n0.4\n'
		while read -r word; do echo 0.4; done
	END
	chmod +x steps
	seq 5 | tc-pool --quiet -j 5 --rate-cmd ./steps -- date +%s%N > out
	jq -s 'map(.value / 1e9) | [.[2] - .[0] < 0.15, .[3] - .[2] > 0.1, .[4] - .[0] > 0.35] | all' out | grep -q true
}

@test "--rate-cmd: one that does not answer in 5 seconds, ends, or talks nonsense stops the run for now: 75" {
	for command in true 'echo 0 0' 'sh -c "while read x; do echo soon; done"' 'sh -c "echo 0; echo 0; echo 0; cat"'; do
		run -75 --separate-stderr tc-pool -j 1 --rate-cmd "$command" -- true < <(seq 3)
		[ "$(jq -s 'length == 3 and (map(select(.ok | not)) | length > 0 and all(.error.temporary))' <<< "$output")" = true ]
		[[ "$stderr" = *'--rate-cmd: '* ]]
	done
	before=$SECONDS
	run -75 --separate-stderr tc-pool -j 3 --rate-cmd 'sleep 100' -- touch ran < <(seq 3)
	[ $((SECONDS - before)) -lt 20 ]
	[[ "$stderr" = *'no answer in 5 seconds'* ]]
	[ ! -e ran ]
	[ "$(jq -s -c 'map(.error.code) | unique' <<< "$output")" = '["not_attempted"]' ]
	for command in 'no-such-command x' '' "sh -c 'x"; do
		run -64 tc-pool --rate-cmd "$command" -- true < <(seq 3)
	done
	run -64 tc-pool --rate-file a --rate-cmd cat -- true < /dev/null
	# a dry run starts none
	run -0 tc-pool -n --rate-cmd 'touch started' -- true < <(seq 3)
	[ ! -e started ]
}

@test "--rate bounds how fast children start, in two runs that share a --rate-file" {
	start=$(date +%s%N)
	seq 5 | tc-pool -j 8 --rate 20:1 --rate-file rate -- true > out 2> err
	seq 5 | tc-pool -j 8 --rate 20:1 --rate-file rate -- true > out 2> err
	# ten starts, 50 ms apart: nine gaps at least
	[ $((($(date +%s%N) - start) / 1000000)) -ge 440 ]
	echo garbage > rate
	run -78 tc-pool --rate 20 --rate-file rate -- true < /dev/null
}

# ---------------------------------------------------------------- usage and the world

@test "wrong usage is one line, status 64, and nothing is run" {
	for args in '' '-j 0 true' '-j auto:5..2 true' '-j x true' '--halt maybe true' '--halt soon,fail=0 true' \
		'--halt now,fail=101% true' '--retry-on 256 true' '--retry-on 0 true' '--retry-on 5-3 true' '--throttle-on , true' \
		'--throttle-match ( true' '--timeout 1y true' '--max-throttle -1 true' '--rate 0 true' '--retries -1 true' \
		'--window x true' '--nonsense true' '-z true' '-n -c true' '--progress=perhaps true'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr tc-pool $args <<< x
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

@test "--help and --version go to stdout, and options end at the command" {
	run -0 --separate-stderr tc-pool --help
	grep -q -- '--throttle-match' <<< "$output"
	[ -z "$stderr" ]
	run -0 --separate-stderr tc-pool -V
	[[ $output == tc-pool\ * ]]
	run -0 --separate-stderr tc-pool -R echo -n -j {} <<< x
	[ "$output" = '-j x' ]
}

@test "a full disk, a closed stdout and a closed stdin are 74; a reader that has left too" {
	seq 3 > in
	run -74 bash -c 'tc-pool -- true < in > /dev/full'
	grep -q 'No space left' <<< "$output"
	run -74 bash -c 'tc-pool -- true < in >&-'
	run -74 bash -c 'tc-pool -- true <&-'
	run -0 bash -c 'seq 2000 | tc-pool -j 2 -- echo {} 2> err | head -n 1 > one; echo "${PIPESTATUS[1]}" > rc'
	[ "$(cat rc)" -eq 74 ]
	[ "$(jq -c .index one)" = 0 ]
}

@test "results that cannot be held on disk stop the run: 74, and none is lost" {
	mkfifo gate
	seq 3000 > in
	TMPDIR=/nonexistent background tc-pool -j 2 -- sh -c 'echo >> started
		[ "$1" != 1 ] || { echo $$ > head; read -r x < gate; }; printf "%04000d" "$1"' _ {}
	until_true grep -q 'TMPDIR.*: stopped' err
	exec 9<> gate
	echo >&9
	ended "$pid"
	exec 9>&-
	[ "$status" -eq 74 ]
	[ "$(jq .index out)" = "$(seq 0 2999)" ]
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq "$(wc -l < started)" ]
	[ "$(jq -r 'select(.ok | not) | .error.code' out | sort -u)" = not_attempted ]
	until_true gone "$(cat head)"
}

@test "a disk that fills up while results wait loses none of them" {
	mkfifo gate
	seq 3000 > in
	mkdir small
	mount -t tmpfs -o size=64k tmpfs small 2> mount.err || skip "no tmpfs to be had"
	TMPDIR=$PWD/small background tc-pool -j 2 -- sh -c 'echo >> started
		[ "$1" != 1 ] || read -r x < gate; printf "%04000d" "$1"' _ {}
	until_true grep -q 'No space left.*TMPDIR.*: stopped' err
	exec 9<> gate
	echo >&9
	ended "$pid"
	exec 9>&-
	umount small
	[ "$status" -eq 74 ]
	[ "$(jq -s 'map(select(.ok)) | length' out)" -eq "$(wc -l < started)" ]
	[ "$(wc -l < out)" -eq 3000 ]
}

@test "--progress shows how far it is, plain where there is no terminal" {
	run -0 --separate-stderr tc-pool --progress=always -- true <<< x
	[ "$stderr" = '1 in: 1 ok, 0 failed, 0 not attempted' ]
}

@test "it links no HTTP library" {
	run -0 ldd "$(command -v tc-pool)"
	run -1 grep -E "curl|microhttpd|sqlite" <<< "$output"
}
