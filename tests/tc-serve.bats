#!/usr/bin/env bats
# tc-serve against curl: both APIs, persistence, safety, and trouble on request.

load helper

setup() {
	setup_tc
	STATE=$BATS_TEST_TMPDIR/state
	mkfifo ready gate
	# Stands for ffmpeg: fails on "fail", waits for the gate on "held".
	cat >encoder <<-'END'
		#!/bin/sh
		case $1 in
		*fail*) echo "opening $1" >&2; echo "cannot decode $1" >&2; exit 3 ;;
		*held*) read -r _ <"$GATE" ;;
		esac
		printf 'made from %s' "$1" >"$2"
	END
	chmod +x encoder
	export GATE=$BATS_TEST_TMPDIR/gate
}

# Remembers $PID for the teardown.
started() {
	echo "$PID $BATS_TEST_TMPDIR/err" >>"$BATS_TEST_TMPDIR/.started"
}

# Starts a server, waits for its word that it listens; sets BASE and PID.
serve() {
	tc-serve --port 0 --dir "$STATE" --ready-fd 4 "$@" 4>ready >out 2>err 3>&- &
	PID=$!
	started
	read -r -t 20 BASE <ready
	API=$BASE
}

fake() {
	serve --encoder ./encoder "$@"
}

# api METHOD PATH [BODY] [curl options]: sets code and body.
api() {
	local method=$1 path=$2 data=${3-}
	shift 2
	[ $# -eq 0 ] || shift
	set -- -X "$method" ${data:+-d "$data"} "$@"
	code=$(curl -s -m 20 -D headers -o body.txt -w '%{http_code}' -H "Authorization: Bearer ${KEY-k}" "$@" "$BASE$path") || true
	body=$(cat body.txt 2>/dev/null) || true
}

rpc() {
	local method=$1 data=$2
	shift 2
	api POST "/transcodely.v1.JobService/$method" "$data" -H "Content-Type: application/json" "$@"
}

# field JQ: a value out of the last answer.
field() {
	jq -r "$1" <<<"$body"
}

micro() { # URL: creates an FFmpeg Micro job, sets id
	api POST /v1/transcodes "{\"inputs\":[{\"url\":\"$1\"}],\"outputFormat\":\"mp4\"}"
	[[ $body =~ ^\{\"id\":\"([^\"]+)\" ]] && id=${BASH_REMATCH[1]} || id=
}

rpc_job() { # URL [MORE]: creates a Transcodely job, sets id
	rpc Create "{\"input_url\":\"$1\",\"managed\":true,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":\"h264\"}]}]${2-}}"
	[[ $body =~ ^\{\"job\":.*\"id\":\"(job_[^\"]+)\" ]] && id=${BASH_REMATCH[1]} || id=
}

# Waits until the job $id has one of the statuses given (an ERE). Asks less often as time goes on.
until_micro() {
	local pause
	for pause in $(polls); do
		api GET "/v1/transcodes/$id"
		[[ $body =~ \"status\":\"($1)\" && $(field .status) =~ ^($1)$ ]] && return
		sleep "$pause"
	done
	echo "stuck: $body" >&2
	return 1
}

until_rpc() {
	local pause
	for pause in $(polls); do
		rpc Get "{\"id\":\"$id\"}"
		[[ $body =~ \"status\":\"($1)\" && $(field .job.status) =~ ^($1)$ ]] && return
		sleep "$pause"
	done
	echo "stuck: $body" >&2
	return 1
}

# Pauses between questions, in seconds.
polls() {
	printf '%.0s0.03 ' {1..12}
	printf '%.0s0.12 ' {1..150}
}

clip() {
	mkdir -p media
	ffmpeg -nostdin -v error -f lavfi -i testsrc=d=1:s=128x72:r=10 -f lavfi -i sine=d=1 -shortest "media/$1"
}

stop() {
	kill -TERM "$PID"
	local rc=0
	wait "$PID" || rc=$?
	return "$rc"
}

@test "help, version and mistakes on the command line" {
	run -0 tc-serve --help
	[[ $output == *--encoder* ]]
	run -0 tc-serve --version
	[[ $output == tc-serve*libmicrohttpd* ]]
	run -64 tc-serve --no-such
	run -64 tc-serve --port 70000
	run -64 tc-serve --fault nonsense=1
	run -64 tc-serve --fault drop-after=2
	run -64 tc-serve --rate fast
	run -64 tc-serve --media /no/such/dir
	run -64 tc-serve operand
	run -78 tc-serve --dir /dev/null/x
	run -78 tc-serve --dir "$STATE" --encoder /no/such/program
	run -78 tc-serve --dir "$STATE" --key-file /no/such/file
	TC_LOCAL_API_KEY=k run -74 tc-serve --dir "$STATE" --encoder true --listen not-an-address
	[ "${#lines[@]}" -eq 1 ]
	run -78 tc-serve --dir "$STATE" --encoder true --port 0 --listen 0.0.0.0
	[[ $output == *"not without a key"* ]]
}

@test "a port or a directory in use is refused, and so is a full stdout" {
	fake
	run -74 tc-serve --port "${BASE##*:}" --dir other --encoder true
	[[ $output == *"cannot listen"* ]]
	run -78 tc-serve --port 0 --dir "$STATE" --encoder true
	[[ $output == *"another tc-serve"* ]]
	for _ in 1 2 3 4 5 6 7 8 9 10; do run -74 bash -c 'tc-serve --port 0 --dir full --encoder true >/dev/full'; done
}

@test "says where it listens on stdout, and stops with 0 on TERM" {
	fake
	grep -qx "tc-serve: listening on $BASE" out
	[[ $BASE == http://127.0.0.1:* ]]
	[ "$(stat -c %a "$STATE")" = 700 ]
	stop
}

@test "ffmpeg encodes for FFmpeg Micro, from creation to download" {
	clip "a clip.mp4"
	serve --media media
	api POST /v1/transcodes '{"inputs":[{"url":"a clip.mp4"}],"outputFormat":"mp4","preset":{"quality":"low","resolution":"480p"}}'
	[ "$code" = 201 ]
	[ "$(field .status)" = pending ]
	id=$(field .id)
	[[ $id =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	grep -qi "^location: /v1/transcodes/$id" headers
	until_micro "completed|failed"
	[ "$(field .status)" = completed ]
	[ "$(field '.output_url|startswith("gs://")')" = true ]
	[ "$(field '[.duration_seconds, .billable_minutes] | join(" ")')" = "1 1" ]
	[ "$(field '.inputs[0].url')" = "a clip.mp4" ]
	api GET "/v1/transcodes/$id/download?url=true"
	curl -sf -o got.mp4 "$(field .url)"
	[ "$(ffprobe -v error -select_streams v -show_entries stream=codec_name,height -of csv=p=0 got.mp4)" = h264,480 ]
	curl -sf -H "Authorization: Bearer k" -o same.mp4 "$BASE/v1/transcodes/$id/download"
	# as FFmpeg Micro's n8n node asks for the URL
	curl -sf -H "Authorization: Bearer k" -H 'Accept: application/json' "$BASE/v1/transcodes/$id/download" | jq -e '.url | test("/files/")'
	cmp got.mp4 same.mp4
}

@test "ffmpeg joins several inputs, cuts one, and obeys safe options" {
	clip a.mp4
	serve --media media
	api POST /v1/transcodes '{"inputs":[{"url":"a.mp4"},{"url":"a.mp4","options":[{"option":"-t","argument":"0.5"}]}],
		"outputFormat":"mp4"}'
	id=$(field .id)
	until_micro "completed|failed"
	[ "$(field '[.duration_seconds, .billable_minutes] | join(" ")')" = "2 1" ]
	api GET "/v1/transcodes/$id/download"
	[ "$(ffprobe -v error -show_entries format=duration -of csv=p=0 body.txt | jq '. > 1.4 and . < 1.8')" = true ]
	api POST /v1/transcodes '{"inputs":[{"url":"a.mp4"}],"outputFormat":"mp4","preset":{"resolution":"1080p"},
		"options":[{"option":"-vf","argument":"scale=64:-2,fps=5"},{"option":"an"}]}'
	id=$(field .id)
	until_micro "completed|failed"
	api GET "/v1/transcodes/$id/download"
	[ "$(ffprobe -v error -show_entries stream=codec_type,width -of csv=p=0 body.txt)" = video,64 ]
}

@test "a job that ffmpeg cannot do fails with ffmpeg's own last words" {
	mkdir media
	echo "no video" >media/bad.mp4
	serve --media media
	micro bad.mp4
	until_micro "completed|failed"
	[ "$(field .status)" = failed ]
	[[ $(field .error_message) == *"Invalid data found"* ]]
	micro gs://someones-bucket/a.mp4
	until_micro "completed|failed"
	[[ $(field .error_message) == *"no access to buckets"* ]]
	# a script that names other files is no video
	printf 'ffconcat version 1.0\nfile bad.mp4\n' >media/list.mp4
	micro list.mp4
	until_micro "completed|failed"
	[ "$(field .status)" = failed ]
}

@test "ffmpeg encodes for Transcodely: HLS with two renditions that play, and a partial job" {
	clip a.mp4
	serve --media media
	rpc Create '{"inputOriginId":"ori_1","inputPath":"a.mp4","managed":true,"outputs":[
		{"type":"OUTPUT_FORMAT_HLS","video":[{"codec":"h264","height":240},{"codec":"VIDEO_CODEC_H264","resolution":"480p"}]},
		{"type":"mp4","video":[{"codec":1,"resolution":"RESOLUTION_480P"}]}]}'
	[ "$code" = 200 ]
	id=$(field .job.id)
	[[ $id =~ ^job_[0-9a-f]{20}$ ]]
	until_rpc "completed|failed|partial"
	[ "$(field .job.status)" = completed ]
	[ "$(field .job.progress)" = 100 ]
	[ "$(field '.job.outputs|map(.spec.type)|join(" ")')" = "hls mp4" ]
	[ "$(field '.job.outputs[1].height')" = 480 ]
	[ "$(field '.job.outputs[1].output_size_bytes|type')" = string ]
	[[ $body == *'\u0026sig='* ]]
	url=$(field '.job.outputs[0].signed_url')
	ffmpeg -nostdin -v error -xerror -i "$url" -f null - 2>play.err
	[ ! -s play.err ]
	[ "$(curl -sf "$url" | grep -c '^#EXT-X-STREAM-INF')" = 2 ]
	# over HTTP it is a source like any other, playlist or not
	api POST /v1/transcodes "{\"inputs\":[{\"url\":\"$url\"}],\"outputFormat\":\"m4a\"}"
	id2=$id id=$(field .id)
	until_micro "completed|failed"
	[ "$(field .status)" = completed ]
	id=$id2
	# the signature is for this directory only, and does not lead out of it
	run -22 curl -sf --path-as-is "${url%/*/*/*}/$id/1.mp4"
	run -22 curl -sf --path-as-is "${url%/*}/../1.mp4"
}

@test "HLS of vp9 and av1 has MP4 segments, and plays, whatever the state directory is called" {
	clip a.mp4
	STATE=$BATS_TEST_TMPDIR/100%d%v
	serve --media media
	rpc Create '{"inputOriginId":"ori_1","inputPath":"a.mp4","managed":true,"outputs":[
		{"type":"hls","video":[{"codec":"vp9","height":240},{"codec":"vp9","height":144}]},
		{"type":"hls","video":[{"codec":"h264","height":144}]},{"type":"dash","video":[{"codec":"h264","height":144}]}]}'
	id=$(field .job.id)
	until_rpc "completed|failed|partial"
	[ "$(field .job.status)" = completed ] || { echo "$body"; return 1; }
	local url
	for url in $(field '.job.outputs[].signed_url'); do
		ffmpeg -nostdin -v error -xerror -i "$url" -f null - 2>play.err
		[ ! -s play.err ] || { cat play.err; return 1; }
	done
	[ "$(find "$STATE" -name '*.m4s' | grep -c 0/v)" = 2 ]
	[ "$(find "$STATE" -name '*.ts' | wc -l)" = 1 ]
}

@test "a job whose outputs fail and succeed is partial" {
	cat >some <<-'END'
		#!/bin/sh
		case $2 in */1.*) echo "no room for this one" >&2; exit 1 ;; esac
		echo x >"$2"
	END
	chmod +x some
	serve --encoder ./some
	rpc Create '{"input_url":"https://h/a.mp4","output_origin_id":"ori_o","outputs":[
		{"type":"mp4","video":[{"codec":"h264"}]},{"type":"webm","video":[{"codec":"vp9"}]}]}'
	id=$(field .job.id)
	until_rpc "completed|failed|partial"
	[ "$(field .job.status)" = partial ]
	[ "$(field '.job.outputs|map(.status)|join(" ")')" = "completed failed" ]
	[ "$(field '.job.outputs[1].error_message')" = "no room for this one" ]
	[ "$(field '.job.outputs[0].output_url')" = "s3://ori_o/$id/0.mp4" ]
	[ "$(field '.job.outputs[0].signed_url')" = null ]
}

@test "the key is checked, from the environment and from a file" {
	printf 'secret-1\nnot this\n' >key
	chmod 600 key
	fake --key-file key
	KEY=secret-1 api GET /v1/transcodes
	[ "$code" = 200 ]
	KEY=secret-2 api GET /v1/transcodes
	[ "$code" = 401 ]
	[ "$(field '.error|type')" = string ]
	KEY=secret-1x rpc List '{}'
	[ "$code" = 401 ]
	[ "$(field .code)" = unauthenticated ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$BASE/v1/transcodes")" = 401 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$BASE/health-check")" = 200 ]
	stop
	TC_LOCAL_API_KEY=from-env fake
	KEY=from-env api GET /v1/transcodes
	[ "$code" = 200 ]
	KEY=k api GET /v1/transcodes
	[ "$code" = 401 ]
}

@test "any key is accepted if none is set, and a warning says so" {
	fake
	grep -q "any key is accepted" err
	KEY=whatever api GET /v1/transcodes
	[ "$code" = 200 ]
	KEY="" api GET /v1/transcodes
	[ "$code" = 401 ]
}

@test "FFmpeg Micro refuses invalid requests, and says why" {
	fake
	bad() { # BODY TEXT
		api POST /v1/transcodes "$1"
		[ "$code" = 400 ] || { echo "$code for $1"; return 1; }
		[[ $(field .details) == *"$2"* ]] || { echo "$body for $1"; return 1; }
	}
	bad '{' ""
	bad '[]' object
	bad '{"outputFormat":"mp4"}' inputs
	bad '{"inputs":[],"outputFormat":"mp4"}' "1 to 10"
	bad "{\"inputs\":[$(printf '{"url":"http://h/a"},%.0s' {1..10}){\"url\":\"http://h/a\"}],\"outputFormat\":\"mp4\"}" "1 to 10"
	bad '{"inputs":[{"url":""}],"outputFormat":"mp4"}' url
	bad '{"inputs":[{"url":"http://h/a"}]}' outputFormat
	bad '{"inputs":[{"url":"http://h/a"}],"outputFormat":"exe"}' outputFormat
	bad '{"inputs":[{"url":"http://h/a"}],"outputFormat":"mp4","preset":{"quality":"best"}}' quality
	bad '{"inputs":[{"url":"http://h/a"}],"outputFormat":"mp4","preset":{"resolution":"8k"}}' resolution
	bad '{"inputs":[{"url":"http://h/a"}],"outputFormat":"mp4","metadata":[]}' metadata
	for url in file:///etc/passwd concat:/etc/passwd data:x subfile,,start,0:/etc/passwd /etc/passwd ftp://h/a; do
		bad "{\"inputs\":[{\"url\":\"$url\"}],\"outputFormat\":\"mp4\"}" "$url"
	done
	api POST /v1/transcodes '{"inputs":[{"url":"http://h/a","options":null}],"outputFormat":"mp4","preset":null,"metadata":null}'
	[ "$code" = 201 ]
	api GET "/v1/transcodes/no-such"
	[ "$code" = 404 ]
	api GET /v1/nothing
	[ "$code" = 404 ]
	[ "$(stats .creates)" = 1 ]
}

@test "only safe ffmpeg options pass" {
	fake
	option() { # NAME ARGUMENT -> code
		api POST /v1/transcodes "$(jq -n --arg o "$1" --arg a "$2" \
			'{inputs:[{url:"http://h/a"}],outputFormat:"mp4",options:[{option:$o,argument:$a}]}')"
	}
	for good in "-crf 20" "c:v libx264" "-b:v 1500k" "-vf scale=-2:720,fps=30" "-ss 00:01:02.5" "-movflags +faststart" \
		"-vf scale=w=1280:h=-2:flags=lanczos,hflip" "-vf pad=iw:ih+2:(ow-iw)/2:1:color=black" "-af loudnorm=I=-16:TP=-1.5,volume=0.5" \
		"-vf hue=h=90:s=1,eq=contrast=1.1" "-af aformat=channel_layouts=stereo|mono"; do
		option "${good%% *}" "${good#* }"
		[ "$code" = 201 ] || { echo "$good: $body"; return 1; }
	done
	for evil in "-i /etc/passwd" "-vf movie=/etc/passwd" "-filter_complex amovie=x" "-f concat" "-vf scale=1:1[a];movie=x" \
		"-vf drawtext=textfile=/etc/passwd" "-protocol_whitelist file" "-passlogfile x" "-attach /etc/passwd" \
		"-vf pad=/w=/etc/hostname" "-vf pad=w=/etc/hostname" "-vf scale=/etc/hostname" "-vf scale=640:/h=/etc/hostname" \
		"-vf hflip=/enable=/etc/hostname" "-vf eq@/x=1" "-af loudnorm=stats_file=x" "-vf scale=w=1:nosuch=2" "-vf /scale=1" \
		"-/filter:v x" "-/vf x" "-vf scale=" "-vf fps=,scale=1" "-vf crop=w==1:" \
		"-c:v libx264;id" "-dump_attachment x" "-y y" "-map /etc" "-vf subtitles=/etc/passwd" "-preset ../x"; do
		option "${evil%% *}" "${evil#* }"
		[ "$code" = 400 ] || { echo "accepted $evil"; return 1; }
	done
}

@test "a source cannot be exchanged once it was checked" {
	mkdir media
	echo secret >outside.mp4
	echo mine >media/a.mp4
	# waits, then reads what it was given
	cat >reader <<-'END'
		#!/bin/sh
		read -r _ <"$GATE"
		cat "$1" >"$2"
	END
	chmod +x reader
	serve --encoder ./reader --media media
	micro a.mp4
	first=$id
	until_micro processing
	ln -sf ../outside.mp4 media/a.mp4
	echo >gate
	until_micro completed
	api GET "/v1/transcodes/$first/download"
	[ "$body" = mine ]
	# nor between the request and the encoder
	stop
	rm media/a.mp4 && echo mine >media/a.mp4
	serve --encoder ./reader --media media --jobs 1
	micro http://h/held
	held=$id
	until_micro processing
	micro "$BATS_TEST_TMPDIR/media/a.mp4"
	ln -sf ../outside.mp4 media/a.mp4
	echo >gate
	until_micro "failed|completed"
	[ "$(field .status)" = failed ]
	[[ $(field .error_message) == *"outside the --media directory"* ]]
}

@test "sources are opened below the media directory, links and all" {
	mkdir -p media/sub/deep
	echo x >media/sub/in.mp4
	echo x >outside.mp4
	ln -s "$BATS_TEST_TMPDIR/media/sub" media/absolute
	ln -s deep/../in.mp4 media/sub/dots.mp4
	ln -s ../.. media/sub/up
	ln -s loop.mp4 media/loop.mp4
	ln -s /etc/hostname media/etc.mp4
	mkfifo media/fifo.mp4
	fake --media media
	for path in absolute/in.mp4 sub/dots.mp4 sub/deep/../../sub/in.mp4 ./sub//in.mp4; do
		micro "$path"
		[ "$code" = 201 ] || { echo "$path: $body"; return 1; }
	done
	for path in sub/up/outside.mp4 loop.mp4 etc.mp4 fifo.mp4 sub/in.mp4/ sub/in.mp4/x .. . sub/deep/../../../media/sub/in.mp4; do
		micro "$path"
		[ "$code" = 400 ] || { echo "accepted $path"; return 1; }
	done
}

@test "a picture may have a percent sign in its name" {
	mkdir media
	ffmpeg -nostdin -v error -f lavfi -i testsrc=d=0.2:s=64x48:r=10 -frames:v 1 media/a.png
	mv media/a.png 'media/lit%03d.png'
	serve --media media
	api POST /v1/transcodes '{"inputs":[{"url":"lit%03d.png"}],"outputFormat":"jpg"}'
	id=$(field .id)
	until_micro "completed|failed"
	[ "$(field .status)" = completed ] || { echo "$body"; return 1; }
}

@test "an encoder has no descriptor but its own, and cannot look into the server" {
	cat >looks <<-'END'
		#!/bin/sh
		# those that the shell itself has opened are above 9
		ls /proc/$$/fd >"$2"
		cat /proc/$PPID/environ /proc/$PPID/mem >>"$2" 2>&1
		ulimit -c >>"$2"
	END
	chmod +x looks
	exec 7<"$0"
	TC_LOCAL_API_KEY=SECRET-key TC_LOCAL_WEBHOOK_SECRET=SECRET-hook serve --encoder ./looks
	exec 7<&-
	KEY=SECRET-key micro http://h/a.mp4
	export KEY=SECRET-key
	until_micro completed
	api GET "/v1/transcodes/$id/download"
	[ "$(grep -x '[0-9]' <<<"$body" | tr '\n' ' ')" = "0 1 2 0 " ]
	[[ $body != *SECRET* ]]
	[ "$(grep -c 'ermission denied' <<<"$body")" -ge 1 ]
}

@test "an encoder that writes too much or takes too long is ended" {
	cat >greedy <<-'END'
		#!/bin/sh
		case $1 in
		*big*) exec head -c 3000000 /dev/zero >"$2" ;;
		*loud*) yes; ;;
		*long*) exec sleep 1000 ;;
		esac
		echo x >"$2"
	END
	chmod +x greedy
	serve --encoder ./greedy --max-output 1 --max-time 2s
	micro http://h/big
	until_micro "failed|completed"
	[ "$(field .error_message)" = "the output is larger than --max-output allows" ]
	micro http://h/long
	until_micro "failed|completed"
	[ "$(field .error_message)" = "the encoder took longer than --max-time allows" ]
	micro http://h/loud
	until_micro "failed|completed"
	[ "$(field .status)" = failed ]
	[ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$PID/status)" -lt 100000 ] || [ -n "${SANITIZED-}" ]
	micro http://h/fine
	until_micro completed
}

@test "running out of descriptors does not end it" {
	local fds=() i fd
	bash -c 'ulimit -n 64; exec tc-serve "$@"' serve --port 0 --dir "$STATE" --encoder ./encoder --jobs 2 --ready-fd 4 4>ready >out 2>err 3>&- &
	PID=$!
	started
	read -r -t 20 BASE <ready
	API=$BASE
	for i in $(seq 200); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${BASE##*:}"
		printf 'GET / HTTP/1.1\r\nX: ' >&"$fd"
		fds+=("$fd")
	done
	micro http://h/a.mp4
	[ "$code" = 201 ]
	until_micro completed
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	micro http://h/b.mp4
	until_micro completed
	stop
}

@test "a body without a valid key is not kept, and a request whose body ends in two ways is refused" {
	local fds=() i fd how line
	TC_LOCAL_API_KEY=right fake
	head -c 1000000 /dev/zero >zeros
	for i in $(seq 120); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${BASE##*:}"
		{ printf 'POST /v1/transcodes HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer wrong\r\nContent-Length: 1048576\r\n\r\n'; cat zeros; } >&"$fd"
		fds+=("$fd")
	done
	KEY=right api GET /v1/transcodes
	[ "$code" = 200 ]
	[ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$PID/status)" -lt 60000 ] || [ -n "${SANITIZED-}" ]
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	for how in 'Content-Length: 5\r\nContent-Length: 6' 'Content-Length: 2\r\nTransfer-Encoding: chunked' \
		'Content-Length : 5' 'Content-Length:\r\n 5' 'Transfer-Encoding : chunked'; do
		exec {fd}<>"/dev/tcp/127.0.0.1/${BASE##*:}"
		printf 'POST /v1/transcodes HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer right\r\n%b\r\n\r\n{}' "$how" >raw
		cat raw >&"$fd"
		read -r -t 20 line <&"$fd"
		[[ $line == "HTTP/1.1 400"* ]] || { echo "$how: $line"; return 1; }
		exec {fd}>&-
	done
}

@test "sources stay inside the media directory" {
	mkdir -p media/sub
	echo x >media/sub/in.mp4
	echo x >outside.mp4
	ln -s ../outside.mp4 media/link.mp4
	ln -s sub/in.mp4 media/good.mp4
	fake --media media
	for path in sub/in.mp4 good.mp4 "$BATS_TEST_TMPDIR/media/sub/in.mp4"; do
		micro "$path"
		[ "$code" = 201 ] || { echo "$path: $body"; return 1; }
	done
	for path in ../outside.mp4 link.mp4 sub/../../outside.mp4 "$BATS_TEST_TMPDIR/outside.mp4" sub none.mp4; do
		micro "$path"
		[ "$code" = 400 ] || { echo "accepted $path"; return 1; }
	done
	rpc_job ../outside.mp4
	[ "$code" = 400 ]
}

@test "a source that is a playlist opens no other file" {
	mkdir media
	mkfifo outside.ts # whoever opens it waits
	printf '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n%s\n#EXT-X-ENDLIST\n' "$PWD/outside.ts" | tee media/list.M3U8 >media/list.m3u8
	cp media/list.m3u8 media/list.mpd
	serve --media media
	for path in list.m3u8 list.M3U8 list.mpd "$PWD/media/list.m3u8"; do
		micro "$path"
		until_micro "completed|failed"
		[ "$(field .status)" = failed ]
		[[ $(field .error_message) != *"$path"* ]]
	done
	# an upload, too
	size=$(wc -c <media/list.m3u8)
	api POST /v1/upload/presigned-url '{"filename":"list.m3u8","contentType":"video/mp4","fileSize":'"$size"'}'
	url=$(field .result.uploadUrl) name=$(field .result.filename)
	curl -sf -T media/list.m3u8 -H 'Content-Type: video/mp4' "$url"
	api POST /v1/upload/confirm "{\"filename\":\"$name\",\"fileSize\":$size}"
	micro "gs://tc-serve/uploads/$name"
	until_micro "completed|failed"
	[ "$(field .status)" = failed ]
}

@test "FFmpeg Micro lists by page, status and time" {
	fake --jobs 1
	for i in 1 2 3 4 5; do
		micro "http://h/$i.mp4"
	done
	until_micro completed
	micro http://h/fail.mp4
	until_micro failed
	api GET "/v1/transcodes?page=2&limit=4"
	[ "$(field '[.page,.limit,.total,(.items|length)]|join(" ")')" = "2 4 6 2" ]
	grep -qi '^x-total-count: 6' headers
	[ "$(field '.items|map(.inputs[0].url)|join(" ")')" = "http://h/2.mp4 http://h/1.mp4" ]
	api GET "/v1/transcodes?status=failed"
	[ "$(field '.total')" = 1 ]
	[ "$(field '.items[0].error_message')" = "cannot decode http://h/fail.mp4" ]
	since=$(field '.items[0].created_at')
	api GET "/v1/transcodes?since=$since"
	[ "$(field '.items[-1].created_at')" = "$since" ]
	api GET "/v1/transcodes?until=$since"
	[ "$(field .total)" = 6 ]
	api GET "/v1/transcodes?until=2001-01-01T00:00:00Z"
	[ "$(field .total)" = 0 ]
	for wrong in limit=101 limit=0 page=0 status=queued since=yesterday; do
		api GET "/v1/transcodes?$wrong"
		[ "$code" = 400 ] || { echo "accepted $wrong"; return 1; }
	done
}

@test "FFmpeg Micro cancels what has not ended" {
	fake --jobs 1
	micro http://h/held.mp4
	until_micro processing
	api GET "/v1/transcodes/$id/download?url=true"
	[ "$code" = 400 ]
	api PATCH "/v1/transcodes/$id/cancel"
	[ "$code" = 200 ]
	[ "$(field '[.success,.job.status]|join(" ")')" = "true canceled" ]
	api PATCH "/v1/transcodes/$id/cancel"
	[ "$code" = 400 ]
	# the slot is free again
	micro http://h/next.mp4
	until_micro completed
}

@test "an upload is presigned, put, confirmed and used" {
	fake
	api POST /v1/upload/presigned-url '{"filename":"my clip.mp4","contentType":"video/mp4","fileSize":"5"}'
	[ "$code" = 400 ]
	[[ $(field .details) == *fileSize* ]]
	api POST /v1/upload/presigned-url '{"filename":"../my clip.mp4","contentType":"video/mp4","fileSize":5}'
	[ "$(field .success)" = true ]
	url=$(field .result.uploadUrl) name=$(field .result.filename)
	micro "gs://tc-serve/uploads/$name"
	[ "$code" = 400 ]
	put() { printf %s "$1" | curl -s -o /dev/null -w '%{http_code}' -T - -H "Content-Type: $2" "$3"; }
	[ "$(put 12345 text/plain "$url")" = 403 ]
	[ "$(put 12345 video/mp4 "${url%?}x")" = 403 ]
	[ "$(put 1234 video/mp4 "$url")" = 400 ]
	[ "$(put 123456 video/mp4 "$url")" = 400 ]
	api POST /v1/upload/confirm "{\"filename\":\"$name\",\"fileSize\":5}"
	[ "$code" = 400 ]
	[ "$(put 12345 video/mp4 "$url")" = 200 ]
	api POST /v1/upload/confirm "{\"filename\":\"$name\",\"fileSize\":5}"
	[ "$code" = 200 ]
	micro "$(field .result.fileUrl)"
	until_micro completed
	api GET "/v1/transcodes/$id/download"
	[ "$body" = "made from $STATE/uploads/$name" ]
	[ "$(ls -A "$STATE/uploads")" = "$name" ]
}

@test "Transcodely refuses what is wrong, in Connect's words" {
	fake
	bad() {
		rpc Create "$1"
		[ "$code" = 400 ] && [ "$(field .code)" = invalid_argument ] && grep -qi '^error-code: validation_error' headers ||
			{ echo "$code $body for $1"; return 1; }
	}
	bad '{'
	bad '{}'
	bad '{"input_url":"https://h/a","input_path":"x","managed":true,"outputs":[{"type":"mp4","video":[{"codec":"h264"}]}]}'
	bad '{"input_origin_id":"x","managed":true,"outputs":[{"type":"mp4","video":[{"codec":"h264"}]}]}'
	bad '{"input_url":"https://h/a","outputs":[{"type":"mp4","video":[{"codec":"h264"}]}]}'
	bad '{"input_url":"https://h/a","managed":true,"outputs":[]}'
	bad '{"input_url":"https://h/a","managed":true,"outputs":[{"type":"vhs"}]}'
	bad '{"input_url":"https://h/a","managed":true,"outputs":[{"type":"mp4","video":[{"codec":"h264"}]}],"metadata":{"a":1}}'
	bad "{\"input_url\":\"https://h/a\",\"managed\":true,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":\"h264\"}]}],\"idempotency_key\":\"$(printf 'k%.0s' {1..129})\"}"
	[ "$(field '.details[0].debug.field_violations[0].field')" = idempotency_key ]
	grep -qi '^x-request-id: req_' headers
	rpc Get '{"id":"job_none"}'
	[ "$code" = 404 ]
	[ "$(field .code)" = not_found ]
	grep -qi '^error-code: JOB_NOT_FOUND' headers
	rpc NoSuch '{}'
	[ "$code" = 404 ]
	[ "$(field .code)" = unimplemented ]
	# what is not known is dropped without a word
	rpc_job https://h/a ',"colour":"red","priority":"urgent"'
	[ "$code" = 200 ]
	[ "$(field .job.priority)" = standard ]
}

@test "an idempotency key gives the same job again, also after a restart" {
	fake
	rpc_job https://h/a.mp4 ',"idempotency_key":"batch_a"'
	first=$id
	rpc_job https://h/a.mp4 ',"idempotencyKey":"batch_a"'
	[ "$id" = "$first" ]
	rpc_job https://h/a.mp4 ',"idempotency_key":"batch_b"'
	[ "$id" != "$first" ]
	[ "$(stats .creates .existing)" = "2 1" ]
	stop
	fake
	rpc_job https://h/a.mp4 ',"idempotency_key":"batch_a"'
	[ "$id" = "$first" ]
}

@test "Transcodely confirms, cancels, and lists by cursor, status and metadata" {
	fake --jobs 1
	rpc_job https://h/a.mp4 ',"delayed_start":true'
	[ "$(field .job.status)" = awaiting_confirmation ]
	rpc Confirm "{\"id\":\"$id\"}"
	[ "$code" = 200 ]
	until_rpc completed
	rpc Confirm "{\"id\":\"$id\"}"
	[ "$(field .code)" = failed_precondition ]
	rpc Cancel "{\"id\":\"$id\"}"
	[ "$code" = 400 ]
	for i in 1 2 3; do
		rpc_job "https://h/$i.mp4" ",\"metadata\":{\"batch\":\"b\",\"n\":\"$i\"}"
	done
	until_rpc completed
	rpc List '{"metadata":{"batch":"b"},"pagination":{"limit":2},"statuses":["completed"]}'
	[ "$(field '[.jobs[].metadata.n]|join(" ")')" = "3 2" ]
	[ "$(field .pagination.total_count)" = 3 ]
	[ "$(field '[.jobs[].outputs[0].signed_url]|join("")')" = "" ]
	cursor=$(field .pagination.next_cursor)
	rpc List "{\"metadata\":{\"batch\":\"b\"},\"pagination\":{\"limit\":2,\"cursor\":\"$cursor\"}}"
	[ "$(field '[.jobs[].metadata.n]|join(" ")')" = 1 ]
	[ "$(field .pagination.next_cursor)" = "" ]
	rpc List '{"statuses":["JOB_STATUS_FAILED"]}'
	[ "$(field .pagination.total_count)" = 0 ]
	rpc_job https://h/held.mp4
	until_rpc processing
	rpc Cancel "{\"id\":\"$id\"}"
	[ "$(field .job.status)" = canceled ]
}

@test "download URLs expire, cannot be forged, and serve ranges" {
	fake --url-ttl 2s
	micro http://h/0123456789
	until_micro completed
	api GET "/v1/transcodes/$id/download?url=true"
	url=$(field .url)
	[ "$(curl -s "$url")" = "made from http://h/0123456789" ]
	range() { curl -s -o part -w '%{http_code}' -r "$1" "$url"; }
	[ "$(range 0-3)" = 206 ]
	[ "$(cat part)" = made ]
	[ "$(range -4)" = 206 ]
	[ "$(cat part)" = 6789 ]
	[ "$(range 26-)" = 206 ]
	[ "$(cat part)" = 789 ]
	[ "$(range 29-)" = 416 ]
	[ "$(curl -s -I -o /dev/null -w '%{http_code} %{content_type}' "$url")" = "200 video/mp4" ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${url%?}")" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${url/expires=/expires=9}")" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${url%\?*}")" = 403 ]
	for _ in $(seq 100); do
		[ "$(curl -s -o /dev/null -w '%{http_code}' "$url")" = 403 ] && return
		sleep 0.05
	done
	return 1
}

@test "a restart keeps jobs: those that ran run again, those that ended are still there" {
	fake --jobs 1
	micro http://h/done.mp4
	until_micro completed
	first=$id
	micro http://h/held.mp4
	until_micro processing
	stop
	fake --jobs 1
	id=$first
	until_micro completed
	api GET "/v1/transcodes?status=processing"
	for _ in $(seq 100); do
		[ "$(field .total)" = 1 ] && break
		sleep 0.03
		api GET "/v1/transcodes?status=processing"
	done
	id=$(field '.items[0].id')
	echo >gate
	until_micro completed
}

@test "a killed server loses no job, and takes its encoders with it" {
	cat >spin <<-'END'
		#!/bin/sh
		echo $$ >"$PIDFILE"
		read -r _ <"$GATE"
		echo x >"$2"
	END
	chmod +x spin
	export PIDFILE=$BATS_TEST_TMPDIR/pid
	serve --encoder ./spin
	micro http://h/a.mp4
	until_micro processing
	for _ in $(seq 100); do [ -s pid ] && break; sleep 0.03; done
	child=$(cat pid)
	kill -9 "$PID"
	wait "$PID" || true
	if [ "$(uname)" = Linux ]; then
		for _ in $(seq 100); do kill -0 "$child" 2>/dev/null || break; sleep 0.03; done
		run -1 kill -0 "$child"
	fi
	fake
	until_micro completed
}

@test "an output that is not whole takes no room after the server has ended, and none that a start needs" {
	printf '#!/bin/sh\nhead -c 3000000 /dev/zero >"$2"\necho x >"$FULL"\nread -r _ <"$GATE"\n' >fill
	chmod +x fill
	export FULL=$BATS_TEST_TMPDIR/full
	serve --encoder ./fill
	micro http://h/a.mp4
	until_true test -s full
	[ "$(find "$STATE/files" -type f | wc -l)" = 1 ]
	stop
	[ -z "$(find "$STATE/files" -type f)" ]
	# a disk that it filled, and a server that was killed
	if [ "$(id -u)" = 0 ] && mkdir -m 700 small && mount -t tmpfs -o size=1m,mode=0700 tmpfs small 2>/dev/null; then
		STATE=$BATS_TEST_TMPDIR/small
		rm full
		serve --encoder ./fill
		micro http://h/a.mp4
		until_true test -s full
		kill -9 "$PID"
		wait "$PID" || true
		fake
		until_micro completed
		stop
		umount -l small
	fi
}

@test "calls above the rate get 429 with Retry-After, in both forms" {
	fake --rate 1/h --burst 2
	rpc List '{}'
	[ "$code" = 200 ]
	api GET /v1/transcodes
	[ "$code" = 200 ]
	api GET /v1/transcodes
	[ "$code" = 429 ]
	grep -Eqi '^retry-after: 3[0-9]{3}.?$' headers
	rpc List '{}'
	[ "$(field .code)" = resource_exhausted ]
	grep -qi '^error-code: rate_limit_exceeded' headers
	[ "$(stats .throttled)" = 2 ]
	stop
	fake --rate 1/h --burst 1 --retry-after 7
	api GET /v1/transcodes
	api GET /v1/transcodes
	grep -Eqi '^retry-after: 7.?$' headers
	stop
	fake --rate 1/h --burst 1 --retry-after date
	api GET /v1/transcodes
	api GET /v1/transcodes
	grep -Eqi '^retry-after: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT' headers
}

@test "quota and queue limit" {
	fake --quota 1
	micro http://h/a.mp4
	[ "$code" = 201 ]
	micro http://h/b.mp4
	[ "$code" = 402 ]
	rpc_job http://h/b.mp4
	[ "$code" = 429 ]
	grep -qi '^error-code: limit_exceeded' headers
	stop
	fake --jobs 1 --queue-limit 2
	rpc_job http://h/held1.mp4
	rpc_job http://h/held2.mp4
	rpc_job http://h/c.mp4
	[ "$code" = 429 ]
	grep -qi '^error-code: queue_limit_exceeded' headers
}

@test "faults before the job is made" {
	local n=0
	for fault in status-500:500 status-503:503 drop-before:000 html:200; do
		fake --fault "${fault%:*}=1" --fault-on create
		api POST /v1/transcodes '{"inputs":[{"url":"http://h/a.mp4"}],"outputFormat":"mp4"}'
		[ "$code" = "${fault#*:}" ] || { echo "$fault: $code $body"; return 1; }
		[ "$fault" != html:200 ] || [[ $body == *"<html>"* ]]
		api GET /v1/transcodes
		[ "$(field .total)" = 0 ] || { echo "$fault made a job"; return 1; }
		[ "$(stats .faults)" = 1 ]
		stop
		n=$((n + 1))
	done
	[ "$n" = 4 ]
}

@test "faults after the job is made" {
	local n=0
	for fault in status-500-after:500 drop-after:000 truncate:201 malformed:201; do
		fake --fault "${fault%:*}=1" --fault-on create
		api POST /v1/transcodes '{"inputs":[{"url":"http://h/a.mp4"}],"outputFormat":"mp4"}'
		[ "$code" = "${fault#*:}" ] || { echo "$fault: $code $body"; return 1; }
		! jq -e .id <<<"$body" >/dev/null 2>&1 || { echo "$fault: $body"; return 1; }
		api GET /v1/transcodes
		n=$((n + 1))
		[ "$(field .total)" = "$n" ] || { echo "$fault made no job"; return 1; }
		stop
	done
	[ "$n" = 4 ]
}

@test "a truncated answer is shorter than it says" {
	fake --fault truncate=1
	run -18 curl -s -m 20 -H "Authorization: Bearer k" "$BASE/v1/transcodes"
}

@test "slow responses are whole, and others do not wait for them" {
	fake --fault slow=1 --fault-on get --latency 100ms
	curl -s -m 20 -H "Authorization: Bearer k" -o slow.json -w '%{time_total}' "$BASE/v1/transcodes" >time.txt 3>&- &
	local slow=$!
	for _ in $(seq 100); do [ "$(stats .in_flight)" -ge 2 ] && break; sleep 0.02; done
	micro http://h/a.mp4
	[ "$code" = 201 ]
	kill -0 "$slow"
	wait "$slow"
	jq -e .items slow.json >/dev/null
	[ "$(jq '. > 1.5' time.txt)" = true ]
}

@test "an answer that is slow to start does not keep the server from stopping" {
	fake --fault slow-to-start=1
	curl -s -m 20 -H "Authorization: Bearer k" "$BASE/v1/transcodes" >/dev/null 3>&- &
	for _ in $(seq 100); do [ "$(stats .in_flight)" -ge 2 ] && break; sleep 0.02; done
	stop
}

@test "the same seed draws the same faults" {
	draw() {
		fake --fault status-500=0.5 --seed "$1"
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
			api GET /v1/transcodes
			printf '%s ' "$code"
		done
		stop
	}
	draw 7 >first
	draw 7 >second
	draw 8 >third
	cmp first second
	run -1 cmp -s first third
	grep -q 200 first
	grep -q 500 first
}

@test "a body over 1 MiB is refused" {
	fake
	head -c 1100000 /dev/zero | tr '\0' ' ' >big
	api POST /v1/transcodes @big
	[ "$code" = 413 ]
}

@test "a server that cannot write its database says so and ends" {
	bash -c 'trap "" XFSZ; ulimit -f 300; exec tc-serve "$@"' serve --port 0 --dir "$STATE" --encoder ./encoder \
		--ready-fd 4 4>ready >out 2>err 3>&- &
	PID=$!
	started
	read -r -t 20 BASE <ready
	API=$BASE
	local long
	long=$(printf 'x%.0s' {1..3000})
	for _ in $(seq 300); do
		api POST /v1/transcodes "{\"inputs\":[{\"url\":\"http://h/$long\"}],\"outputFormat\":\"mp4\"}"
		[ "$code" = 201 ] || break
	done
	[ "$code" != 201 ]
	local rc=0
	until_true gone "$PID"
	wait "$PID" || rc=$?
	[ "$rc" = 74 ]
	grep -q "job database" err
}

@test "the examples of the manual page run as they stand" {
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' "$BATS_TEST_DIRNAME/../man/tc-serve.1" |
		sed 's/\\e/\\/g' >examples.sh
	run -0 bash -eu examples.sh 3>&-
	[[ $output == *'"status":"completed"'* ]]
	[[ $output == *'"creates":4'* ]]
	[[ $output == *"Empty reply"* ]]
}
