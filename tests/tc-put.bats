#!/usr/bin/env bats
# tc-put: each file is there once, whole, and is not sent again.
# Slow: it is killed a dozen times on its way.

load helper

setup() {
	setup_tc
	mkdir -p clips
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

# stored URL FILE: the service has exactly these bytes under that address.
stored() {
	cmp "state/uploads/${1##*/}" "$2"
}

# killed_at BYTES ARG...: tc-put, killed (-9) once the service has received that many bytes.
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

# quick: the profile of tc-serve with short waits.
quick() {
	once quick.json jq '.pace.backoff = "20ms" | .create.settle = "300ms"' "$ROOT/lib/profiles/local.json"
	export TC_PROVIDER=./quick.json
}

# transcodely: tc-serve's other service, with short waits.
transcodely() {
	once transcodely.json jq '.pace.backoff = "20ms" | .poll.first = "20ms"' "$ROOT/lib/profiles/transcodely.json"
	export TC_PROVIDER=./transcodely.json TRANSCODELY_API_KEY=$TC_LOCAL_API_KEY
	APP=(-d '{"app_id":"app_x"}')
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
	[ "$(stats .uploads .bytes_in)" = "2 101000" ]
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
	[ "$(stats .uploads .confirms)" = "3 3" ]
	local name
	for name in a b c; do
		stored "$(jq -r --arg n "$name.mp4" 'select(.input == $n).url' out)" "$name.mp4"
	done
}

@test "the sum of what was sent is known to a run that has only to confirm it" {
	serve --encoder "$ENCODER" --latency 200ms
	made a.mp4 30000
	start_background killed tc-put -l L a.mp4
	until_true grep -q '"sent":true' L
	kill -9 "$PID"
	until_true gone "$PID"
	gives 0 tc-put -l L a.mp4
	[ "$(stats .uploads)" = 1 ]
	[ "$(jq -r .sha256 out)" = "$(sha256sum <a.mp4 | cut -d ' ' -f 1)" ]
}

@test "on a signal running uploads may finish, the rest is not attempted, and no line is lost" {
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
	[ "$(stats .uploads .confirms .bytes_in)" = "2 2 2000000" ]
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

@test "a service that takes no uploads, and options that exclude each other" {
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
	quick
	all() {
		tc-put -l L "$@" clips/*.mov | tc-create -l L -b n | tc-wait -l L | tc-get -l L -C got
	}
	for i in 100000 200000; do
		all --limit-rate 300K -j 1 >/dev/null 2>&1 3>&- &
		PID=$!
		until_true took "$i"
		kill -9 $(pgrep -P "$PID") || true # some have ended
		wait "$PID" || true
	done
	all >out 2>err
	[ "$(jq -r .file out | xargs)" = "got/1.mp4 got/2.mp4 got/3.mp4 got/4.mp4 got/5.mp4 got/6.mp4" ]
	[ "$(stats .confirms .creates)" = "6 6" ]
	all >again 2>err
	[ "$(stats .confirms .creates)" = "6 6" ]
	[ "$(jq -c 'del(.seconds)' out)" = "$(jq -c 'del(.seconds)' again)" ]
}

@test "a PUT that fails is tried again, and what was stored is whole" {
	local fault
	made a.mp4 300000
	made b.mp4 200000
	for fault in reset=0.5 status-503=0.4 status-507=0.5 stall=0.3 status-403=0.2; do
		serve --encoder "$ENCODER" --fault "$fault" --fault-on put --seed 5
		quick
		gives 0 tc-put -j 1 --retries 20 --stall 300ms a.mp4 b.mp4 a.mp4 b.mp4
		stored "$(sed -n 1p out | jq -r .url)" a.mp4
		stored "$(sed -n 2p out | jq -r .url)" b.mp4
		[ "$(stats .confirms '.faults > 0')" = "4 true" ]
		stop_started
	done
}

@test "a PUT that is refused permanently, and one that is refused temporarily" {
	made a.mp4 300000
	serve --encoder "$ENCODER" --fault status-403=1 --fault-on put
	quick
	gives 1 tc-put a.mp4
	jq -e '.error.code == "rejected" and .error.http == 403' out
	[ "$(stats .uploads)" = 4 ]
	stop_started
	serve --encoder "$ENCODER" --fault status-507=1 --fault-on put
	gives 75 tc-put --retries 2 a.mp4
	jq -e '.error.code == "unavailable" and .error.http == 507 and .error.temporary' out
	[ "$(stats .uploads)" = 1 ]
	stop_started
	serve --encoder "$ENCODER" --fault status-503=1 --fault-on put
	gives 75 tc-put --max-wait 500ms a.mp4
	jq -e '.error.retry_after == 1' out
}

@test "an upload's URL that has ended is asked for anew" {
	serve --encoder "$ENCODER" --url-ttl 1s
	made a.mp4 600000
	start_background killed tc-put -l L --limit-rate 200K a.mp4
	until_true took 100000
	kill -9 "$PID"
	until_true gone "$PID"
	until_true expired_now
	gives 0 tc-put -l L a.mp4
	[ "$(stats .uploads .confirms)" = "2 1" ]
	stored "$(jq -r .url out)" a.mp4
}

expired_now() {
	jq -se --arg now "$(date -u +%Y-%m-%dT%H:%M:%SZ)" 'map(select(.t == "put")) | last | .expires < $now' L
}

@test "parts: put together by their ETags, and the job that this makes" {
	serve --encoder "$ENCODER"
	transcodely
	made a.mp4 12000000
	made b.mov 100
	gives 0 tc-put --part-size 5M "${APP[@]}" a.mp4 b.mov
	jq -se 'map(.provider == "transcodely" and (.id | startswith("job_")) and .job.id == .id and .ok and has("url") == false) | all' out
	[ "$(stats .uploads .parts .confirms .creates)" = "2 4 2 2" ]
	cmp state/uploads/*-a.mp4 a.mp4
	tc-wait --quiet <out | tc-get --quiet -C got | jq -e .file
	[ "$(cd got && echo *)" = "a.mp4 b.mp4" ]
}

@test "parts without a call for more URLs: one whose time seems to be over is used, a missing one fails" {
	serve --encoder "$ENCODER"
	transcodely
	made a.mp4 12000000
	jq 'del(.upload.more) | .upload.expires = ["/video/created_at"]' transcodely.json >over.json
	gives 0 tc-put -p ./over.json --part-size 5M "${APP[@]}" a.mp4
	[ "$(stats .uploads .parts .confirms)" = "1 3 1" ]
	jq 'del(.upload.more) | .upload.parts = ["/parts/0"]' transcodely.json >one.json
	gives 1 timeout 60 tc-put -p ./one.json --part-size 5M "${APP[@]}" a.mp4
	jq -e '.error | .code == "bad_response" and .message == "a.mp4: the reply names no URL of part 2"' out
	[ "$(stats '.uploads <= 5')" = true ]
}

@test "parts: killed (-9) in the middle, only the part on its way is sent again" {
	serve --encoder "$ENCODER"
	transcodely
	made a.mp4 15000000
	killed_at 6000000 -l L --part-size 5M --limit-rate 4M "${APP[@]}" a.mp4
	killed_at 12000000 -l L --part-size 5M --limit-rate 4M "${APP[@]}" a.mp4
	gives 0 tc-put -l L --part-size 5M "${APP[@]}" a.mp4
	jq -e --arg sum "$(sha256sum a.mp4 | cut -d ' ' -f 1)" '.sha256 == $sum and .size == 15000000' out
	cmp state/uploads/*-a.mp4 a.mp4
	[ "$(stats .uploads .parts .confirms .creates)" = "1 3 1 1" ]
	[ "$(stats .bytes_in)" -lt 25500000 ]
}

@test "parts: failures of bytes and responses; each upload makes one job" {
	local fault i
	for i in 1 2 3 4 5 6; do
		made "$i.mp4" $((5242880 + i * 100000))
	done
	for fault in '--fault drop-after=0.2 --seed 4' '--fault status-500-after=0.2 --seed 4' \
		'--fault reset=0.2 --fault-on put --seed 4' '--fault status-403=0.2 --fault-on put --seed 4'; do
		serve --encoder "$ENCODER" $fault
		transcodely
		gives 0 tc-put -j 1 --retries 20 --part-size 5M "${APP[@]}" ?.mp4
		stats . >stats
		jq -e '.confirms == 6 and .creates == 6 and .faults > 0' stats
		[ "$(jq -r .id out | sort -u | wc -l)" = 6 ]
		stop_started
	done
}

@test "parts: the upload of a file that changes is aborted" {
	serve --encoder "$ENCODER"
	transcodely
	made a.mp4 12000000
	start_background put tc-put --limit-rate 4M --part-size 5M "${APP[@]}" a.mp4
	until_true took 6000000
	echo >>a.mp4
	until_true gone "$PID"
	jq -e '.error.temporary and (.error.message | contains("changed"))' put.out
	[ "$(stats .confirms .creates)" = "0 0" ]
	[ -z "$(ls state/uploads)" ]
	[ "$(find state/uploads -type f | wc -l)" = 0 ]
}

# kinds: profiles of tc-serve's other kinds of uploads: ./resumable.json, ./tus.json, ./form.json.
kinds() {
	local base=$ROOT/lib/profiles/local.json quick='.pace.backoff = "20ms" | '
	once resumable.json jq "$quick"'.upload.kind = "resumable" | .upload.create.method = "POST"' "$base"
	once tus.json jq "$quick"'.upload |= (.kind = "tus" | .start = {method: "POST", path: "/tus"} | del(.url))' "$base"
	once form.json jq "$quick"'.upload = {kind: "form", send: {method: "POST", path: "/v1/files"}, source: ["/urls/get"],
		form: {file: "content", fields: {name: "{name}"}}}' "$base"
}

@test "sessions, tus and forms: in chunks or as a whole, each is there" {
	serve --encoder "$ENCODER"
	kinds
	local kind
	made a.mp4 3000001
	made b.mp4 5
	for kind in resumable tus form; do
		gives 0 tc-put -p ./$kind.json --part-size 1M a.mp4 b.mp4
		stored "$(sed -n 1p out | jq -r .url)" a.mp4
		stored "$(sed -n 2p out | jq -r .url)" b.mp4
		jq -se --arg sum "$(sha256sum a.mp4 | cut -d ' ' -f 1)" '.[0].sha256 == $sum' out
	done
	[ "$(stats .uploads .confirms .parts)" = "6 6 8" ]
}

@test "sessions and tus: killed (-9) in the middle of a chunk, they go on at the byte where they were" {
	local kind
	made a.mp4 8000000
	for kind in resumable tus; do
		serve --encoder "$ENCODER"
		kinds
		killed_at 2500000 -l $kind.L -p ./$kind.json --part-size 1M --limit-rate 2M a.mp4
		killed_at 5000000 -l $kind.L -p ./$kind.json --part-size 4M --limit-rate 2M a.mp4
		gives 0 tc-put -l $kind.L -p ./$kind.json a.mp4
		stored "$(jq -r .url out)" a.mp4
		jq -e --arg sum "$(sha256sum a.mp4 | cut -d ' ' -f 1)" '.sha256 == $sum' out
		[ "$(stats .uploads .confirms)" = "1 1" ]
		# what is in a socket when its writer is killed may be lost, no more
		[ "$(stats .bytes_in)" -lt 8600000 ]
		[ "$(stats '.resumes >= 2')" = true ]
		stop_started
	done
}

@test "sessions and tus: a chunk that fails resumes where it was" {
	local kind fault
	made a.mp4 5000000
	for kind in resumable tus; do
		for fault in reset=0.4 status-503=0.3 stall=0.2 status-423=0.3 status-460=0.3; do
			[ $kind = tus ] || [[ $fault != status-4* ]] || continue
			serve --encoder "$ENCODER" --fault $fault --fault-on put --seed 5
			kinds
			gives 0 tc-put -p ./$kind.json --retries 20 --stall 300ms --part-size 512K a.mp4
			stored "$(jq -r .url out)" a.mp4
			[ "$(stats .uploads .confirms '.faults > 0' '.bytes_in < 6000000')" = "1 1 true true" ]
			stop_started
		done
	done
}

@test "sessions and tus: a host that forgets bytes, or says that it has others, is not obeyed for ever" {
	start_background files fileserver
	until_true test -s files.out
	export TC_BASE_URL=$(cat files.out)
	made a.mp4 2000000
	local how want
	for kind in resumable tus; do
		for how in 'so 0' 'done 0' 'forgets 75' 'gone 1' 'more 75' 'all 75'; do
			read -r how want <<<"$how"
			[ "$kind $how" != "tus done" ] || continue
			jq --arg kind $kind --arg how "$how" '.pace.backoff = "20ms" | .upload |= {kind: $kind, max, url: ["/url"],
				start: {method: "POST", path: "/session=\($how),size=2000000/it"}}' "$ROOT/lib/profiles/local.json" >$how.json
			: >files.err
			gives "$want" timeout 60 tc-put -p ./$how.json --part-size 512K --retries 2 a.mp4
			[ "$(wc -l <files.err)" -le 12 ]
			[ "$want" != 0 ] || tail -n 1 files.err | grep -q ' 2000000$'
		done
		jq -e '.error.message | contains("says that it has 2000000 bytes, and it was sent 524288")' out
	done
}

@test "an upload's URL that has no scheme is not guessed" {
	serve --encoder "$ENCODER"
	made a.mp4 5
	jq '.upload.url = ["/result/filename"]' "$ROOT/lib/profiles/local.json" >p.json
	gives 1 tc-put -p ./p.json --retries 0 a.mp4
	jq -e '.error.message | contains("not a valid http or https URL")' out
	[ "$(stats .bytes_in)" = 0 ]
}

expired() { # URL
	[ "$(curl -s --noproxy '*' -I -H 'Tus-Resumable: 1.0.0' -o /dev/null -w '%{http_code}' "$1")" = 410 ]
}

@test "tus: an upload that is gone starts over; one at another offset is asked how far it is" {
	serve --encoder "$ENCODER" --url-ttl 1s
	kinds
	made a.mp4 2000000
	start_background killed tc-put -l L -p ./tus.json --limit-rate 500K --part-size 256K a.mp4
	until_true took 300000
	kill -9 "$PID"
	until_true gone "$PID"
	until_true expired "$(jq -r '.session // empty' L | tail -n 1)" # at the end of its URL's life
	gives 0 tc-put -l L -p ./tus.json a.mp4
	stored "$(jq -r .url out)" a.mp4
	# on a slow machine the second may be gone before its end, too
	[ "$(stats '.uploads > 1' .confirms)" = "true 1" ]
}

# bucket: keys and addresses for tc-serve's buckets.
bucket() {
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=$TC_LOCAL_API_KEY AWS_ENDPOINT_URL=$TC_BASE_URL
	export GOOGLE_ACCESS_TOKEN=$TC_LOCAL_API_KEY STORAGE_EMULATOR_HOST=$TC_BASE_URL
}

@test "--to: objects by names of the file's own, signed for S3, in sessions for Google" {
	serve --encoder "$ENCODER"
	bucket
	unset TC_LOCAL_API_KEY TC_PROVIDER
	mkdir -p 'clips/d d'
	made 'clips/d d/b (1)+é.mp4' 300000
	made a.mp4 100
	: >empty.mp4
	gives 0 tc-put --to 's3://bkt/{dir}/{basename}' a.mp4 'clips/d d/b (1)+é.mp4' empty.mp4
	[ "$(jq -r .url out)" = "$(printf '%s\n' s3://bkt/a.mp4 's3://bkt/clips/d d/b (1)+é.mp4' s3://bkt/empty.mp4)" ]
	cmp state/buckets/bkt/a.mp4 a.mp4
	cmp 'state/buckets/bkt/clips%2Fd%20d%2Fb%20%281%29%2B%C3%A9.mp4' 'clips/d d/b (1)+é.mp4'
	[ -e state/buckets/bkt/empty.mp4 ]
	gives 0 env AWS_SESSION_TOKEN=tok tc-put --to 's3://bkt/{/n}/{index}-{stem}.{ext}' '{"input":"a.mp4","n":7}'
	cmp state/buckets/bkt/7%2F0-a.mp4 a.mp4
	gives 0 tc-put --to 'gs://two/{stem}' --part-size 256K a.mp4 'clips/d d/b (1)+é.mp4'
	[ "$(sed -n 2p out | jq -r .url)" = 'gs://two/b (1)+é' ]
	cmp 'state/buckets/two/b%20%281%29%2B%C3%A9' 'clips/d d/b (1)+é.mp4'
}

@test "--to: two files for one object, a way out, a key that is refused" {
	serve --encoder "$ENCODER"
	bucket
	mkdir -p one two
	made one/a.mp4 10
	made two/a.mp4 11
	gives 1 tc-put -j 1 --to 's3://bkt/{basename}' one/a.mp4 two/a.mp4 one/a.mp4
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok invalid_input ok" ]
	sed -n 2p out | jq -e '.error.message | contains("line 1")'
	cd one
	gives 1 tc-put --to 's3://bkt/{dir}/{basename}' ../two/a.mp4
	jq -e '.error.code == "invalid_input"' out
	gives 77 env AWS_SECRET_ACCESS_KEY=wrong tc-put -j 1 --to 's3://bkt/{basename}' a.mp4 ../two/a.mp4
	[ "$(jq -r .error.code out | xargs)" = "unauthorized invalid_input" ] || [ "$(jq -r .error.code out | head -n 1)" = unauthorized ]
	gives 78 env AWS_ENDPOINT_URL=http://example.com tc-put --to 's3://bkt/{basename}' a.mp4
}

@test "--to: a key that has expired stops the run; an error of S3's that passes is tried again" {
	start_background files fileserver
	until_true test -s files.out
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
	echo a | tee a.mp4 b.mp4 >c.mp4
	AWS_ENDPOINT_URL=$(cat files.out)/status=400,code=ExpiredToken,only=b.mp4 gives 77 tc-put -j 1 --to 's3://bkt/{basename}' a.mp4 b.mp4 c.mp4
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok unauthorized not_attempted" ]
	jq -se '.[1].error.message == "s3://bkt/b.mp4: HTTP 400: ExpiredToken: no"' out
	AWS_ENDPOINT_URL=$(cat files.out)/status=403,code=AccessDenied,only=b.mp4 gives 1 tc-put -j 1 --to 's3://bkt/{basename}' a.mp4 b.mp4 c.mp4
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok rejected ok" ]
	AWS_ENDPOINT_URL=$(cat files.out)/status=400,code=RequestTimeout,first=2 gives 0 tc-put --to 's3://bkt/{basename}' a.mp4
	# as --retries says, 429 does not count
	AWS_ENDPOINT_URL=$(cat files.out)/status=429,first=3 gives 0 tc-put --retries 1 --to 's3://bkt/{basename}' a.mp4
}

@test "--to with a ledger: sent once, to that place" {
	serve --encoder "$ENCODER"
	bucket
	made a.mp4 1000
	gives 0 tc-put -l L --to 's3://bkt/{basename}' a.mp4
	gives 0 tc-put -l L --to 's3://bkt/{basename}' a.mp4
	[ "$(stats .bytes_in)" = 1000 ]
	gives 0 tc-put -l L --force-ledger --to 's3://other/{basename}' a.mp4
	[ "$(stats .bytes_in)" = 2000 ]
}

@test "a sparse file of 1 GiB goes in less than 32 MiB of memory" {
	[ ! "${SANITIZED-}" ] || skip "sanitizers take memory of their own"
	serve --encoder "$ENCODER"
	bucket
	truncate -s 1G big.mp4
	gives 0 peak peak.kib tc-put --to 's3://bkt/{basename}' big.mp4
	jq -e '.ok and .size == 1073741824' out
	[ "$(cat peak.kib)" -gt 1000 ]
	[ "$(cat peak.kib)" -lt 32768 ]
}
