#!/usr/bin/env bats
# tc-put: each file is there once, whole, and is not sent again.

load helper

setup() {
	setup_tc
	mkdir -p clips
}

teardown() {
	stop_started
}

# made NAME BYTES: a file of random bytes.
made() {
	head -c "$2" /dev/urandom >"$1"
}

# gives STATUS COMMAND [ARG...]: output into ./out and ./err; true if it ends with that status.
gives() {
	local want=$1 got=0
	shift
	timeout 120 "$@" >out 2>err || got=$?
	[ "$got" = "$want" ] && return
	printf 'exit status %s instead of %s: %s\n' "$got" "$want" "$*"
	head -c 3000 err out
	return 1
}

# stats FILTER: what the service has counted.
stats() {
	curl -s --noproxy '*' "$TC_BASE_URL/_stats" | jq -r "$1"
}

# stored URL FILE: the service has exactly these bytes under that address.
stored() {
	cmp "state/uploads/${1##*/}" "$2"
}

# killed_at BYTES ARG...: tc-put, killed (-9) once the service has taken so many bytes.
killed_at() {
	local n=$1
	shift
	start_background killed tc-put "$@"
	until_true took "$n"
	kill -9 "$PID"
	until_true gone "$PID"
}

took() {
	[ "$(stats .bytes_in)" -ge "$1" ]
}

@test "a file's record: where it is, and what was sent" {
	serve --encoder "$ENCODER"
	made clips/a.mp4 300000
	made 'clips/two words.MOV' 5
	gives 0 tc-put clips/*
	jq -se '.[0].input == "clips/a.mp4" and .[0].size == 300000 and .[0].type == "video/mp4" and .[0].ok and
		.[1].type == "video/quicktime" and all(.seconds >= 0) and (map(.index) == [0, 1])' out
	[ "$(jq -r .sha256 out)" = "$(sha256sum clips/* | cut -d ' ' -f 1)" ]
	stored "$(sed -n 1p out | jq -r .url)" clips/a.mp4
	stored "$(sed -n 2p out | jq -r .url)" 'clips/two words.MOV'
	grep -q '^2 in: 2 ok, 0 failed, 0 not attempted$' err
	gives 0 tc-put -t video/webm -v clips/a.mp4
	jq -e '.type == "video/webm"' out
	grep -q 'line 1: clips/a.mp4: 293 KiB uploaded' err
	run ! grep -q 'sig=' err
	gives 1 tc-put -t application/x-any clips/a.mp4
	jq -e '.error.code == "rejected" and .error.http == 400' out
}

@test "what a line may be: text, a JSON string, file:, a record's file or input, another source" {
	serve --encoder "$ENCODER"
	made 'a b.mp4' 10
	made '{odd.mp4' 11
	made ./-dash.mp4 12
	ln -s 'a b.mp4' link.mp4
	{
		printf '%s\n' 'a b.mp4' '"a b.mp4"' "file://$PWD/a%20b.mp4" '{"ok":true,"input":"nothing","file":"a b.mp4","n":0.10}'
		printf '%s\n' '{"input":"link.mp4"}' '{odd.mp4' -dash.mp4 gs://bucket/x.mp4 '{"ok":false,"input":"a b.mp4", "x":1}'
	} >lines
	gives 1 tc-put <lines
	[ "$(jq -r '.size // "-"' out | xargs)" = "10 10 10 10 10 11 12 - -" ]
	sed -n 4p out | jq -e '.input == "nothing" and .file == "a b.mp4"'
	grep -qF '"n":0.10' out
	sed -n 8p out | jq -e '.ok and .url == "gs://bucket/x.mp4" and (has("size") | not)'
	[ "$(sed -n 9p out)" = '{"ok":false,"input":"a b.mp4", "x":1}' ]
}

@test "what cannot be sent is its line's own failure, and nothing is asked for it" {
	serve --encoder "$ENCODER"
	made good.mp4 10
	: >empty.mp4
	mkfifo pipe.mp4
	ln -s nowhere dangling.mp4
	truncate -s 1900000001 large.mp4
	printf 'no-utf8-\377.mp4\n' >lines
	printf '%s\n' clips pipe.mp4 - missing.mp4 empty.mp4 dangling.mp4 large.mp4 'file://elsewhere/x.mp4' '{"id":1}' '{"file":[]}' /dev/null good.mp4 >>lines
	gives 1 tc-put <lines
	[ "$(jq -r '.error.code // "ok"' out | sort | uniq -c | xargs)" = "12 invalid_input 1 ok" ]
	jq -se 'map(select(.ok | not)) | all(.error.temporary == false)' out
	[ "$(wc -l <err)" = 13 ] # and the summary
	[ "$(stats .requests)" = 2 ]
	grep -q 'large.mp4: 1900000001 bytes, and local takes at most 1900000000 (1.8 GiB)' err
	if [ "$(id -u)" != 0 ]; then
		chmod 0 good.mp4
		gives 1 tc-put good.mp4
		jq -e '.error.code == "invalid_input"' out
	fi
}

@test "-0: names with line ends, quotes and braces" {
	serve --encoder "$ENCODER"
	made $'clips/line\nend.mp4' 10
	made 'clips/"quoted".mp4' 11
	made 'clips/{}.mp4' 12
	find clips -type f -print0 | sort -z >names
	gives 0 tc-put -0 <names
	jq -se 'map(.size) | sort == [10, 11, 12]' out
	[ "$(jq -r .input out | head -c 4096)" = "$(tr '\0' '\n' <names)" ]
}

@test "with a ledger nothing is sent twice; a file that was changed is" {
	serve --encoder "$ENCODER"
	made a.mp4 100000
	made b.mp4 1000
	gives 0 tc-put -l L a.mp4 b.mp4 a.mp4
	[ "$(stats '[.uploads, .bytes_in] | join(" ")')" = "2 101000" ]
	[ "$(sed -n 1p out | jq -r .url)" = "$(sed -n 3p out | jq -r .url)" ]
	cp out first
	gives 0 tc-put -l L a.mp4 b.mp4 a.mp4
	[ "$(jq -c 'del(.seconds)' first)" = "$(cat out)" ]
	[ "$(stats .bytes_in)" = 101000 ]
	echo >>a.mp4
	gives 0 tc-put -l L a.mp4 b.mp4
	[ "$(stats .bytes_in)" = 201001 ]
	[ "$(stat -c %a L)" = 600 ]
}

@test "--checksum: a file that was moved is not sent again" {
	serve --encoder "$ENCODER"
	made a.mp4 100000
	gives 0 tc-put -l L --checksum a.mp4
	mv a.mp4 b.mp4
	touch -d yesterday b.mp4
	gives 0 tc-put -l L --checksum b.mp4
	jq -e --arg sum "$(sha256sum b.mp4 | cut -d ' ' -f 1)" '.ok and .sha256 == $sum and .input == "b.mp4"' out
	[ "$(stats .bytes_in)" = 100000 ]
	gives 78 tc-put -l L b.mp4
}

@test "a file that changes while it is read fails for a time, and is not confirmed" {
	serve --encoder "$ENCODER"
	made grows.mp4 3000000
	made shrinks.mp4 3000000
	start_background put tc-put -j 2 --limit-rate 2M grows.mp4 shrinks.mp4
	until_true took 500000
	echo >>grows.mp4
	truncate -s 600000 shrinks.mp4
	until_true gone "$PID"
	jq -se 'length == 2 and all(.ok == false and .error.temporary and (.error.message | contains("changed while it was read")))' put.out
	[ "$(stats .confirms)" = 0 ]
}

@test "killed (-9) while bytes go: the same command goes on, and each is confirmed once" {
	serve --encoder "$ENCODER"
	made a.mp4 2000000
	made b.mp4 2000000
	made c.mp4 100
	killed_at 300000 -l L -j 1 --limit-rate 500K a.mp4 b.mp4 c.mp4
	killed_at 2600000 -l L -j 1 --limit-rate 1M a.mp4 b.mp4 c.mp4
	gives 0 tc-put -l L a.mp4 b.mp4 c.mp4
	[ "$(stats '[.uploads, .confirms] | join(" ")')" = "3 3" ]
	local name
	for name in a b c; do
		stored "$(jq -r --arg n "$name.mp4" 'select(.input == $n).url' out)" "$name.mp4"
	done
}

@test "stopped: what is on its way may finish, the rest is not attempted, and no line is lost" {
	serve --encoder "$ENCODER"
	made a.mp4 1000000
	made b.mp4 1000000
	start_background put tc-put -l L -j 1 --limit-rate 1M a.mp4 b.mp4
	until_true took 100000
	kill -TERM "$PID" # a shell ignores INT behind itself
	until_true gone "$PID"
	[ "$(wc -l <put.out)" = 2 ]
	[ "$(jq -r .error.code put.out | xargs)" = "interrupted not_attempted" ]
	gives 0 tc-put -l L a.mp4 b.mp4
	[ "$(stats '[.uploads, .confirms, .bytes_in] | join(" ")')" = "2 2 2000000" ]
}

@test "keys are made from the path, whatever the upload's address" {
	serve --encoder "$ENCODER"
	made clips/a.mp4 10
	gives 0 tc-put clips/a.mp4
	cp out put
	gives 0 tc-create -n -b night <put
	jq -e '.key == "night_clips/a.mp4" and .request.inputs[0].url == .url' out
	gives 0 tc-create -n -k '{stem}.{ext}-{basename}-{dir}' <put
	jq -e '.key == "a.mp4-a.mp4-clips"' out
	gives 0 tc-create -n -k '{input}|{url}' <put
	jq -e '.key == "clips/a.mp4|" + .url' out
}

@test "a service that takes no uploads, and options that do not go together" {
	serve --encoder "$ENCODER"
	jq 'del(.upload)' "$ROOT/lib/profiles/local.json" >none.json
	made a.mp4 10
	gives 78 tc-put -p ./none.json a.mp4
	grep -q '/upload: missing' err
	gives 64 tc-put -d '[]' a.mp4
	gives 64 tc-put -d '{' a.mp4
	gives 64 tc-put --part-size x a.mp4
	gives 64 tc-put --to ftp://x/y a.mp4
	gives 64 tc-put --to s3://bucket a.mp4
	gives 78 env -u AWS_ACCESS_KEY_ID tc-put --to 's3://bucket/{basename}' a.mp4
	grep -q 'set AWS_ACCESS_KEY_ID' err
}

@test "1,000 small files, in order, each there" {
	serve --encoder "$ENCODER"
	local i
	for i in $(seq 1000); do
		echo "$i" >"clips/$i.mp4"
	done
	seq -f 'clips/%g.mp4' 1000 >names
	gives 0 tc-put -j 20 <names
	[ "$(jq -r .input out)" = "$(cat names)" ]
	[ "$(stats .confirms)" = 1000 ]
	[ "$(jq -r .url out | sort -u | wc -l)" = 1000 ]
}

@test "from files to files, killed at every stage, with one ledger" {
	serve --encoder "$ENCODER"
	local i
	for i in 1 2 3 4 5 6; do
		made "clips/$i.mov" 50000
	done
	jq '.create.settle = "300ms"' "$ROOT/lib/profiles/local.json" >quick.json
	export TC_PROVIDER=./quick.json
	all() {
		tc-put -l L "$@" clips/*.mov | tc-create -l L -b n | tc-wait -l L | tc-get -l L -C got
	}
	for i in 100000 200000; do
		all --limit-rate 300K -j 1 >/dev/null 2>&1 3>&- &
		PID=$!
		until_true took "$i"
		kill -9 $(pgrep -P "$PID")
		wait "$PID" || true
	done
	all >out 2>err
	[ "$(jq -r .file out | xargs)" = "got/1.mp4 got/2.mp4 got/3.mp4 got/4.mp4 got/5.mp4 got/6.mp4" ]
	[ "$(stats '[.confirms, .creates] | join(" ")')" = "6 6" ]
	all >again 2>err
	[ "$(stats '[.confirms, .creates] | join(" ")')" = "6 6" ]
	[ "$(jq -c 'del(.seconds)' out)" = "$(jq -c 'del(.seconds)' again)" ]
}
