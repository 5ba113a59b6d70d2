#!/usr/bin/env bats
# tc-pool: any command across lines, bounded, in order, isolated, tried again.

load helper
load pool

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

@test "a line with a NUL is refused with its reason" {
	run -1 --separate-stderr tc-pool -- echo {} < <(printf 'a\0b\n')
	[ "$(jq -r .error.code <<< "$output")" = invalid_input ]
	[ "${stderr_lines[0]}" = 'tc-pool: line 1: a?b: the line: it contains a NUL character, which an argument cannot' ]
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
	printf '%s\n' file .hidden /top dir/.rc '"s\ttring"' .. up/.. ..a.b a. > in
	tc-pool -n -- echo {} {.} {/} {//} {/.} < in > out 2> err
	jq -c '.argv[1:]' out > argv
	diff - argv <<-'END'
		["file","file","file",".","file"]
		[".hidden",".hidden",".hidden",".",".hidden"]
		["/top","/top","top","/","top"]
		["dir/.rc","dir/.rc",".rc","dir",".rc"]
		["s\ttring","s\ttring","s\ttring",".","s\ttring"]
		["..","..","..",".",".."]
		["up/..","up/..","..","up",".."]
		["..a.b","..a","..a.b",".","..a"]
		["a.","a","a.",".","a"]
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
	# the end of a pipe that closes when we end
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
	# with a ledger, each of the commands that are to start holds one more
	seq 60 > in
	for n in 24 48 64; do
		rm -f L
		(ulimit -Sn $n && exec timeout 60 tc-pool -j 64 -l L -- sh -c 'sleep 0.02; echo hi') < in > out 2> err
		[ "$(grep -c '"ok":true' out)" = 60 ]
	done
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
	run -74 --separate-stderr bash -c 'tc-pool -- true <&-'
	[ "$stderr" = 'tc-pool: stdin is closed: give the lines on stdin' ]
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
