#!/usr/bin/env bats
# tc-report: the summary of the first lines a newcomer sees, and its status.

load helper

# records LINE...: into the file records.
records() {
	printf '%s\n' "$@" >records
}

OK0='{"index":0,"input":"a","ok":true,"id":"job_1","state":"succeeded","url":"https://x/1","urls":["https://x/1"]}'
BAD1='{"index":1,"input":"b","ok":false,"id":"job_2","error":{"code":"job_failed","message":"the job failed: bad input","temporary":false}}'
LATER2='{"index":2,"input":"c","ok":false,"error":{"code":"throttled","message":"429","temporary":true}}'
UNSENT3='{"index":3,"input":"d","ok":false,"error":{"code":"not_attempted","message":"stopped before it was sent","temporary":true}}'

@test "a batch that succeeded: the summary, a line for each item, status 0" {
	records "$OK0" '{"index":1,"input":"b","ok":true,"id":"job_2","url":"https://x/2"}'
	run -0 --separate-stderr tc-report <records
	[ "$output" = "Done: 2 succeeded, 0 failed
 #0 ok job_1 -> https://x/1
 #1 ok job_2 -> https://x/2" ]
	[ -z "$stderr" ]
}

@test "a failure has its message in its row, and the status is 1" {
	records "$OK0" "$BAD1" "$LATER2"
	run -1 --separate-stderr tc-report <records
	[ "$output" = "Done: 1 succeeded, 2 failed
 #0 ok job_1 -> https://x/1
 #1 FAILED b: the job failed: bad input (job job_2)
 #2 FAILED c: 429" ]
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
 #3 FAILED d: stopped before it was sent" ]
	records "$BAD1" "$UNSENT3"
	run -1 tc-report <records
}

@test "no records at all is a warning and status 1" {
	run -1 --separate-stderr tc-report </dev/null
	[ "$output" = "Done: 0 succeeded, 0 failed" ]
	[[ $stderr == "tc-report: no records: "* ]] || false
	run -1 --separate-stderr tc-report --quiet </dev/null
	[ -z "$stderr" ]
}

@test "a created or waited-for job has no URL yet: its state is shown" {
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
 #4 FAILED e: exit status 3' ]
}

@test "the output of tc-pool itself is understood" {
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
	[[ $stderr = *'not a ledger'* ]] || false
	run -64 --separate-stderr tc-report -l L out
}

# A batch with all there is to tell: a ledger of two services' jobs, begun over
# a minute, one rejected, one failed, one going on, one in doubt. The second
# service's clock is an hour ahead.
ledger() {
	cat >L <<-'END'
		{"tc_ledger":1,"tool":"tc-create","at":"2026-11-20T23:59:00Z"}
		{"t":"intent","tool":"tc-create","key":"a","gen":1,"at":"2026-11-20T23:59:00Z","input":"https://x/a.mov"}
		{"t":"created","tool":"tc-create","key":"a","gen":1,"at":"2026-11-20T23:59:10Z","provider":"one","id":"job_a","status":"pending"}
		{"t":"intent","tool":"tc-create","key":"b","gen":1,"at":"2026-11-20T23:59:10Z","input":"https://x/<b>&\".mov"}
		{"t":"created","tool":"tc-create","key":"b","gen":1,"at":"2026-11-20T23:59:20Z","provider":"two","id":"job_b","status":"pending"}
		{"t":"intent","tool":"tc-create","key":"c","gen":1,"at":"2026-11-20T23:59:20Z","input":"https://x/c.mov"}
		{"t":"ended","tool":"tc-create","key":"c","gen":1,"at":"2026-11-20T23:59:30Z","error":{"code":"rejected","message":"<script>alert(1)</script>\u001b[2J\u202e","temporary":false}}
		{"t":"intent","tool":"tc-create","key":"d","gen":1,"at":"2026-11-20T23:59:30Z","input":"https://x/d.mov"}
		{"t":"created","tool":"tc-create","key":"d","gen":1,"at":"2026-11-20T23:59:40Z","provider":"one","id":"job_d","status":"pending"}
		{"t":"intent","tool":"tc-create","key":"e","gen":1,"at":"2026-11-20T23:59:40Z","input":"https://x/e.mov"}
		{"t":"ended","tool":"tc-wait","at":"2026-11-21T00:00:00Z","provider":"one","id":"job_a","status":"completed","state":"succeeded","job":{"duration_seconds":90.5,"billable_minutes":1.6,"created_at":"2026-11-20T23:59:09.500Z","completed_at":"2026-11-20T23:59:50.000Z"}}
		{"t":"done","tool":"tc-url","at":"2026-11-21T00:00:10Z","provider":"one","id":"job_a","url":"javascript:alert(1)"}
		{"t":"ended","tool":"tc-wait","at":"2026-11-21T00:00:40Z","provider":"two","id":"job_b","status":"failed","state":"failed","job":{"error_message":"no moov","total_actual_cost":0.10,"currency":"EUR","created_at":"2026-11-21T01:59:20+01:00","started_at":"2026-11-21T01:59:30+01:00","completed_at":"2026-11-21T02:00:30+01:00","outputs":[{"duration_seconds":"12.5"},{}]}}
	END
}

needs_script() {
	script --version 2>&1 | grep -q util-linux || skip 'script(1) is not the one of util-linux'
}

# on_terminal COMMAND...: what it shows, without carriage returns.
on_terminal() {
	script -qec "$*" /dev/null </dev/null | tr -d '\r'
}

@test "durations: the pool's for the item, else the service's for the job, else the transfer's" {
	local job='"job":{"created_at":"2026-11-21T00:00:00Z","completed_at":"2026-11-21T00:00:40Z"}'
	records '{"index":0,"input":"a","ok":true,"seconds":0.5,"file":"a.mp4",'"$job"'}' \
		'{"index":1,"input":"b","ok":true,"attempts":1,"seconds":50,"value":{"ok":true,'"$job"'}}' \
		'{"index":2,"input":"c","ok":true,"seconds":0.25,"url":"https://h/c"}'
	run -0 tc-report --json records
	[ "$(jq -c '[.items[].took]' <<<"$output")" = '[40,50,0.25]' ]
}

@test "on a terminal: columns that have something, colours, totals" {
	needs_script
	records '{"index":0,"input":"a","ok":true,"id":"job_1","url":"https://x/1","job":{"duration_seconds":3,"billable_minutes":0.05}}' \
		'{"index":10,"input":"b","ok":false,"seconds":75,"error":{"code":"exit","message":"no \u001b[2Jmoov"}}' \
		"$UNSENT3"
	TERM=xterm run -0 on_terminal tc-report records
	[ "${lines[0]}" = $'Done: \e[32m1 succeeded\e[0m, \e[31m1 failed\e[0m, \e[33m1 not attempted\e[0m' ]
	[ "${lines[1]}" = '3.0 s of media, 0.05 minutes billed' ]
	[ "${lines[2]}" = $'\e[2m #  STATE     LENGTH  MINUTES    TOOK  ITEM  RESULT\e[0m' ]
	[ "${lines[3]}" = $' 0  \e[32mok      \e[0m   3.0 s     0.05          a     https://x/1' ]
	[ "${lines[4]}" = $'10  \e[31mFAILED  \e[0m                   1m 15s  b     no ?[2Jmoov' ]
	[ "${lines[5]}" = $' 3  \e[33mNOT SENT\e[0m                           d     stopped before it was sent' ]
	ledger
	TERM=xterm run -0 on_terminal tc-report -l L
	[[ $output = *$'\e[33mGOING ON\e[0m'*$'\e[33mIN DOUBT\e[0m'* ]] || false
	[[ $output = *'0.10 EUR'* ]] || false
}

@test "on a terminal that is too narrow for them columns of numbers are left out" {
	needs_script
	records '{"index":0,"input":"clip-1.mov","ok":true,"id":"job_1","file":"out/clip-1.mp4","size":100,"bytes":50,"seconds":2,"job":{"duration_seconds":3,"billable_minutes":1}}'
	narrow() {
		TERM=dumb run -0 on_terminal "stty cols $1; tc-report records"
	}
	narrow 80
	[ "${lines[2]}" = '#  STATE  LENGTH  MINUTES   TOOK  SIZE  SAVED  ITEM        RESULT' ]
	narrow 50
	[ "${lines[2]}" = '#  STATE  MINUTES  SIZE  ITEM        RESULT' ]
	narrow 30
	[ "${lines[2]}" = '#  STATE  ITEM        RESULT' ]
	[ "${lines[3]}" = '0  ok     clip-1.mov  out/clip-1.mp4' ]
}

@test "on a terminal without colour: NO_COLOR, TERM=dumb, no TERM" {
	needs_script
	records "$OK0" "$BAD1"
	local set
	for set in 'TERM=xterm NO_COLOR=1' TERM=dumb '-u TERM'; do
		run -0 on_terminal env $set tc-report records
		[ "${lines[0]}" = 'Done: 1 succeeded, 1 failed' ]
		[[ $output != *$'\e'* ]] || false
		[[ ${lines[1]} = '#  STATE '* ]] || false
	done
	# an empty NO_COLOR counts as unset
	run -0 on_terminal env TERM=xterm NO_COLOR= tc-report records
	[[ $output = *$'\e[31m1 failed'* ]] || false
}

@test "--csv: a header and a line each, as RFC 4180 has it" {
	records '{"index":0,"input":"say \"hi\", you","ok":true,"id":"job_1","state":"succeeded","url":"https://x/1","job":{"duration_seconds":3,"billable_minutes":0.05}}' \
		'{"index":1,"input":{"src":"b"},"ok":false,"seconds":1.5,"error":{"code":"job_failed","message":"two\nlines\u001b"},"value":{"id":"j","state":"failed","job":{"total_actual_cost":"0.25","currency":"USD"}}}' \
		'{"index":2,"input":"-x.mp4","ok":false,"error":{"message":"=HYPERLINK(1)"}}' nonsense
	run -1 --separate-stderr sh -c 'tc-report --csv records >out.csv'
	[ "$stderr" = 'tc-report: records, line 4: not JSON' ]
	printf '%s\r\n' index,ok,state,id,input,url,code,message,seconds,minutes,cost,currency \
		'0,true,"succeeded","job_1","say ""hi"", you","https://x/1","","",3,0.05,,""' \
		'1,false,"failed","j","{""src"":""b""}","","job_failed","two?lines?",1.5,,0.25,"USD"' \
		"2,false,\"\",\"'-x.mp4\",\"'-x.mp4\",\"\",\"\",\"'=HYPERLINK(1)\",,,,\"\"" >expected
	diff expected out.csv
	ledger
	run -1 tc-report --csv -l L
	[[ ${lines[2]} = '1,false,"failed","job_b",'*',12.5,,0.1,"EUR"'* ]] || false
	[[ ${lines[4]} = '3,false,"pending","job_d",'*'"GOING ON"'* ]] || false
}

@test "--html: the page shows everything, and nothing from outside is more than text" {
	ledger
	run -1 --separate-stderr tc-report -l L --html page.html
	[ -z "$output$stderr" ]
	[ "$(head -n 1 page.html)" = '<!doctype html>' ]
	grep -q '<title>Batch: 1 succeeded, 2 failed</title>' page.html
	grep -q '1 of 5 items succeeded. 2 failed permanently' page.html
	grep -q 'from ledger <b>L</b>: 2026-11-20 23:59:00 to 2026-11-21 00:00:40 UTC' page.html
	grep -q '<b>1m 40s</b><span>first to last' page.html
	grep -q '<b>1m 43s</b><span>of media' page.html
	grep -q '<b>1.6</b><span>minutes billed' page.html
	grep -q '<b>0.10 EUR</b><span>cost' page.html
	[ "$(grep -c '^<tr class="failed">' page.html)" -eq 4 ] # twice each: apart, and in its place
	[ "$(grep -c '^<tr class="open">' page.html)" -eq 2 ]
	# escaped, stripped, and no link but to the web
	grep -q '&lt;script&gt;alert(1)&lt;/script&gt;?\[2J?' page.html
	grep -q 'https://x/&lt;b&gt;&amp;&quot;.mov' page.html
	grep -q '<td class="told">javascript:alert(1)</td>' page.html
	run -1 grep -iE '<script|href="?javascript|<img|<link|src=|url\(|@import' page.html
	run -1 grep -P '[\x00-\x08\x0b-\x1f\x7f]' page.html
}

# bars NAME: the kinds, begins and widths of an item's bars in page.html.
bars() {
	grep -F "</small> $1</div>" page.html | grep -o '<i class="[^>]*>' | sed 's/<i class="\(.*\)" style="left:\(.*\)%;width:\(.*\)%">/\1 \2 \3/'
}

@test "--html -l: each stretch of an item's life is where the ledger has it" {
	ledger
	run -1 tc-report -l L --html page.html
	# 100 s in all: per cent are seconds. The service of a does not say when it began.
	[ "$(bars a.mov)" = 'send 0.000 10.000
both 10.000 40.000
fetch 50.000 20.000' ]
	# the clock of b's is an hour ahead, and its zone another
	[ "$(bars '&lt;b&gt;&amp;&quot;.mov')" = 'send 10.000 10.000
queue 20.000 10.000
work 30.000 60.000
fetch 90.000 10.000' ]
	[ "$(bars c.mov)" = 'send 20.000 10.000' ]
	[ "$(bars d.mov)" = 'send 30.000 10.000
both open 40.000 60.000' ]
	[ "$(bars e.mov)" = 'send open 40.000 60.000' ]
	[ "$(grep -c '<b class="x" style=' page.html)" -eq 2 ]
	# the axis, across midnight
	grep -q '<span style="left:60.000%"><b>1 min</b><i>00:00:00</i></span>' page.html
	# what is not drawn is not explained
	run -1 grep 'command running' page.html
}

@test "--html -l: pauses are shaded, near ones as one, none beyond the batch" {
	ledger
	run -1 tc-report -l L --html page.html
	run -1 grep -c 'paused\|--pauses:' page.html
	cat >>L <<-'END'
		{"t":"pause","tool":"tc-create","at":"2026-11-20T23:59:10.000Z","until":"2026-11-20T23:59:15.000Z"}
		{"t":"pause","tool":"tc-wait","at":"2026-11-20T23:59:12.500Z","until":"2026-11-20T23:59:20.000Z"}
		{"t":"pause","tool":"tc-create","at":"2026-11-20T23:59:20.050Z","until":"2026-11-20T23:59:25.000Z"}
		{"t":"pause","tool":"tc-create","at":"2026-11-21T00:00:30.000Z","until":"2026-11-22T00:00:00.000Z"}
		{"t":"pause","tool":"tc-create","at":"2026-11-21T00:00:00.000Z","until":"tomorrow"}
	END
	run -1 tc-report -l L --html page.html
	grep -qF -e '--pauses:linear-gradient(90deg,transparent 0,transparent 10.000%,var(--pause) 10.000% 25.000%,transparent 25.000%,transparent 90.000%,var(--pause) 90.000% 100.000%,transparent 100.000%)' page.html
	grep -qF '<b>paused</b>' page.html
	grep -qF '<b>25.0 s</b><span>paused' page.html
	# in the words of the terminal and for other programs nothing is different
	run -1 tc-report -l L
	[ "${lines[0]}" = 'Done: 1 succeeded, 2 failed, 2 open' ]
}

@test "--html -l: a pool's items have bars of their own and of their jobs" {
	serve --encoder "$ENCODER"
	printf '%s\n' https://x/1.mp4 https://x/fail.mp4 |
		tc-pool -l L -- sh -c 'tc-create --quiet | tc-wait --quiet | tc-url --quiet' >out || [ $? -eq 1 ]
	run -1 tc-report -l L --html page.html
	[ "$(bars 1.mp4 | cut -d ' ' -f 1 | tr '\n' ' ')" = 'send both fetch ' ]
	[ "$(grep -c '^<div class="row failed"' page.html)" -eq 1 ]
	printf '%s\n' a | tc-pool -l P -- cat >out
	run -0 tc-report -l P --html page.html
	[ "$(bars a | cut -d ' ' -f 1)" = run ]
}

@test "--html without a ledger, on standard output, and from nothing" {
	records "$OK0" "$LATER2" garbage
	run -1 --separate-stderr tc-report --html - records
	[ "${lines[0]}" = '<!doctype html>' ]
	[[ $output = *'<a rel="noreferrer" href="https://x/1">https://x/1</a>'* ]] || false
	[[ $output = *'1 failed temporarily or not attempted: run the same command again. 1 line could not be read.'* ]] || false
	[[ $output != *'<h2>Timeline'* ]] || false
	[ "$stderr" = 'tc-report: records, line 3: not JSON' ]
	run -1 tc-report --html=- </dev/null
	[[ $output = *'There were no items.'* ]] || false
}

@test "--html replaces a page, and nothing else" {
	records "$OK0"
	run -0 tc-report --html page.html records
	records "$BAD1"
	run -1 tc-report --html page.html records
	grep -q '0 succeeded, 1 failed' page.html
	cp records kept
	run -74 --separate-stderr tc-report --html records <kept
	[[ $stderr = *'records: exists, not a report page: not overwritten' ]] || false
	cmp records kept
	run -74 --separate-stderr tc-report --html no/such/page.html records
	[ "$stderr" = 'tc-report: cannot write no/such/page.html: No such file or directory' ]
	run -74 tc-report --html /dev/full records
	run -64 tc-report --html
	run -64 tc-report --html page.html --csv records
	run -64 tc-report --html= records
}

@test "--html: a browser shows what was written" {
	command -v chromium >/dev/null || skip 'chromium is not installed'
	ledger
	run -1 tc-report -l L --html page.html
	chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --user-data-dir="$PWD/profile" --dump-dom "file://$PWD/page.html" >dom 2>err
	[ "$(grep -o '<tr class="[a-z]*">' dom | sort | uniq -c | tr -s ' \n' ' ')" = ' 4 <tr class="failed"> 1 <tr class="ok"> 2 <tr class="open"> ' ]
	[ "$(grep -o '<div class="row ' dom | wc -l)" -eq 5 ]
	run -1 grep -c '<script' dom
}

@test "a line that is not JSON is named, and nothing else is lost" {
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
 #2 FAILED c: 429
 #1 FAILED b: the job failed: bad input (job job_2)" ]
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
	# members that only a ledger may bring
	records '{"ok":false,"open":"\u001b[2J","times":7,"error":{"message":"why"}}'
	run -1 tc-report records
	[ "${lines[1]}" = ' #0 FAILED why' ]
	run -1 tc-report --html - records
	[[ $output = *'<b>why</b>'* ]] || false
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

@test "bytes that are not text, and NUL, are a bad line like any other" {
	printf '\377\376\n{"ok":true,"id":"a"}\n\0\n' >records
	run -1 --separate-stderr tc-report <records
	[ "${lines[0]}" = "Done: 1 succeeded, 0 failed, 2 unreadable" ]
}

@test "what cannot be read or written is 74" {
	records "$OK0"
	run -74 --separate-stderr tc-report not-there
	[ "$stderr" = "tc-report: cannot read not-there: No such file or directory" ]
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
	[[ $output == "usage: tc-report [options] [-l ledger | file ...]"* ]] || false
	run -0 --separate-stderr tc-report -V
	[[ $output =~ ^tc-report\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || false
	run -64 --separate-stderr tc-report --color
	[ "$stderr" = "tc-report: unknown option --color (try tc-report --help)" ]
	[ -z "$output" ]
}

@test "it needs nothing else in PATH" {
	records "$OK0" "$BAD1"
	run -1 env PATH=/nowhere "$BUILD/tc-report" records
	[ "${lines[0]}" = "Done: 1 succeeded, 1 failed" ]
}

@test "--failed: the counts of all, the lines of what is not ok" {
	records "$OK0" "$BAD1" "$UNSENT3"
	run -1 tc-report --failed records
	[ "$output" = "Done: 1 succeeded, 1 failed, 1 not attempted
 #1 FAILED b: the job failed: bad input (job job_2)
 #3 FAILED d: stopped before it was sent" ]
	run -1 tc-report --failed --csv records
	[ "${#lines[@]}" -eq 3 ]
	run -1 tc-report --failed --html - records
	[[ $output = *'All that is not ok'* && $output != *'https://x/1'* ]] || false
}

@test "--tsv and --json: the same, for other programs" {
	records "$OK0" "$BAD1" \
		'{"index":2,"input":"tab\there","ok":true,"id":"j","size":2000,"bytes":500,"job":{"billable_minutes":2}}'
	run -1 tc-report --tsv records
	[ "${lines[0]}" = $'index\tok\tstate\tid\tinput\turl\tcode\tmessage\tseconds\tminutes\tcost\tcurrency\tsize\tbytes' ]
	[ "${lines[2]}" = $'1\tfalse\t\tjob_2\tb\t\tjob_failed\tthe job failed: bad input\t\t\t\t\t\t' ]
	[[ ${lines[3]} = $'2\ttrue\t\tj\ttab here\t'*$'\t2000\t500' ]] || false
	run -1 sh -c 'tc-report --json records | jq -c "[.succeeded, .failed, .minutes, (.items | length), .items[1].source, .items[1].outcome]"; tc-report --json records >/dev/null'
	[ "${lines[0]}" = '[2,1,2,3,"b","failed"]' ]
	local both
	for both in '--tsv --csv' '--json --html page.html'; do
		run -64 tc-report $both records
	done
}

@test "a failed command's last line of stderr is its reason" {
	records '{"index":0,"input":"a.mov","ok":false,"exit":1,"error":{"code":"exit","message":"exit status 1","temporary":false,"stderr":"frame= 1\rframe= 2\nmoov atom not found\n"}}'
	run -1 tc-report records
	[ "${lines[1]}" = ' #0 FAILED a.mov: exit status 1: moov atom not found' ]
}

@test "on a terminal: equal reasons are folded, wide characters keep their columns, savings" {
	needs_script
	local i
	for i in 1 2 3 4 5 6; do
		printf '{"index":%d,"input":"s%d.mov","ok":false,"id":"j%d","error":{"code":"rejected","message":"no codec"}}\n' $i $i $i
	done >records
	printf '%s\n' '{"index":7,"input":"日本.mov","ok":true,"id":"j","size":1048576,"bytes":262144,"url":"https://x/7"}' \
		'{"index":8,"input":"e\u0301t.mov","ok":true,"id":"k","size":1048576,"bytes":1048576,"url":"https://x/8"}' >>records
	run -0 on_terminal "env NO_COLOR=1 TERM=xterm tc-report records"
	[ "${lines[2]}" = '#  STATE      SIZE  SAVED  ITEM      RESULT' ] || { echo "$output"; false; }
	[ "${lines[3]}" = '1  FAILED                  s1.mov    no codec (job j1)' ]
	[ "${lines[4]}" = '   5 more: the same (--failed lists them)' ]
	[ "${lines[5]}" = '7  ok      256 KiB    75%  日本.mov  https://x/7' ] || { echo "$output"; false; }
	[ "${lines[6]}" = $'8  ok      1.0 MiB     0%  e\xcc\x81t.mov    https://x/8' ] || { echo "$output"; false; }
	run -0 on_terminal "env NO_COLOR=1 TERM=xterm tc-report --failed records"
	[ "${#lines[@]}" -eq 9 ]
}

@test "--html: equal reasons stand together, and long lists are folded" {
	local i
	for ((i = 0; i < 1200; i++)); do
		printf '{"index":%d,"input":"s%d.mov","ok":false,"error":{"code":"rejected","message":"no codec"}}\n' $i $i
	done >records
	run -1 tc-report --html page.html records
	grep -q '<summary>1,199 more: the same</summary>' page.html
	grep -q '<summary>501 to 1,000 of 1,200</summary>' page.html
	[ "$(grep -c '<details>' page.html)" -eq 3 ]
	[ "$(grep -c '</details>' page.html)" -eq 3 ]
}

@test "-l: an upload is an item until a job is made from it; what was fetched is where the output is" {
	cat >L <<-'END'
		{"tc_ledger":1,"tool":"tc-put","at":"2026-11-20T23:59:00Z"}
		{"t":"done","tool":"tc-put","key":"p1","gen":1,"at":"2026-11-20T23:59:00Z","input":"a.mov","url":"gs://b/a.mov"}
		{"t":"ended","tool":"tc-put","key":"p2","gen":1,"at":"2026-11-20T23:59:00Z","input":"b.mov","error":{"code":"rejected","message":"too large","temporary":false}}
		{"t":"intent","tool":"tc-create","key":"a","gen":1,"at":"2026-11-20T23:59:00Z","input":"a.mov"}
		{"t":"created","tool":"tc-create","key":"a","gen":1,"at":"2026-11-20T23:59:10Z","provider":"one","id":"job_a","status":"pending"}
		{"t":"ended","tool":"tc-wait","at":"2026-11-21T00:00:00Z","provider":"one","id":"job_a","status":"completed","state":"succeeded","job":{}}
		{"t":"done","tool":"tc-get","at":"2026-11-21T00:00:10Z","provider":"one","id":"job_a","path":"out/a.mp4"}
	END
	run -1 tc-report -l L
	[ "$output" = "Done: 1 succeeded, 1 failed
 #0 FAILED b.mov: too large
 #1 ok job_a -> out/a.mp4" ]
}

@test "the examples of the manual page run, and say what happened" {
	serve --encoder "$ENCODER"
	printf 'http://example.com/%s\n' one fail two >urls.txt
	awk '/^\.Sh/ { here = /EXAMPLES/ } /^\.Bd -literal/ { on = here; next } /^\.Ed/ { on = 0 } on' "$ROOT/man/tc-report.1" >examples
	[ "$(wc -l <examples)" -eq 8 ]
	run -1 sh examples
	# reported three times: as it ends, from the file (by cat), the failure only
	[ "$(grep -c '^Done: 2 succeeded, 1 failed$' <<<"$output")" -eq 3 ]
	[ "$(grep -c '^ #1 FAILED ' <<<"$output")" -eq 3 ]
	[ "$(wc -l <results.jsonl)" -eq 3 ]
	[ "$(grep -c '^<div class="row ' batch.html)" -eq 3 ]
	[ "$(wc -l <batch.csv)" -eq 4 ]
}

@test "half a surrogate pair in a job's title does not make its record unreadable" {
	printf '%s\n' '{"index":0,"input":"https://h/a","ok":true,"id":"j1","state":"succeeded","job":{"title":"clip \ud83d","t":"\ud83d\ude39 \\ud83d"}}' >r
	run -0 tc-report r
	[[ $output == "Done: 1 succeeded, 0 failed"* ]] || false
}

@test "--merge: the records of all shards by index as they were, and what is missing is said" {
	for i in 0 1 2 3 4 5; do printf '{"index":%d,"input":"%d", "ok":true, "n":1.50}\n' $i $i; done > whole
	sed -n '1~3p' whole > part.1
	sed -n '2~3p' whole > part.2
	sed -n '3~3p' whole > part.10
	run -0 --separate-stderr tc-report --merge part.*
	cmp - whole <<<"$output"
	[ -z "$stderr" ]
	cat part.10 part.2 part.1 | run -0 --separate-stderr tc-report --merge=6
	run -1 --separate-stderr tc-report --merge part.1 part.10
	[ "$(jq -r .index <<<"$output" | tr -d '\n')" = 0235 ]
	[ "$stderr" = 'tc-report: 2 records are missing, with index 1, 4' ]
	run -1 --separate-stderr tc-report --merge=9 part.*
	cmp - whole <<<"$output"
	[ "$stderr" = 'tc-report: 3 records are missing, with index 6-8' ]
	run -1 --separate-stderr tc-report --merge=7 part.*
	[ "$stderr" = 'tc-report: 1 record is missing, with index 6' ]
}

@test "--merge: the exit status is that of one run, and of two records of a line the better one stays" {
	printf '{"index":%d,"ok":true}\n' 0 2 > a
	printf '{"index":1,"ok":false,"error":{"code":"exit","message":"m","temporary":true}}\n' > b
	run -75 --separate-stderr tc-report --merge a b
	[ "$(jq -c '[.index, .ok]' <<<"$output" | tr -d '\n')" = '[0,true][1,false][2,true]' ]
	printf '{"index":%d,"ok":true,"again":true}\n' 1 > c
	run -0 --separate-stderr tc-report --merge a c b
	[ "$(jq -c '[.index, .again]' <<<"$output" | tr -d '\n')" = '[0,null][1,true][2,null]' ]
	[[ "$stderr" = *'1 line has more than one record'* ]]
	echo '{"ok":true}' > d
	run -1 --separate-stderr tc-report --merge a b c d
	[ "$(wc -l <<<"$output")" = 3 ]
	[[ "$stderr" = *'1 record has no index'* ]]
	for options in '--merge=0 a' '--merge=x a' '--merge --json a' '--merge --failed a' '--merge -l a'; do
		run -64 tc-report $options
	done
}
