#!/usr/bin/env bats
# tc-serve's FFmpeg Micro API where money and uploads are concerned: what a job
# is billed, and what an upload may be.

load helper

# call METHOD PATH [BODY]: sets code and body.
call() {
	code=$(curl -s -m 20 -o body.txt -w '%{http_code}' -H 'Authorization: Bearer test-key' -X "$1" ${3:+-d "$3"} "$TC_BASE_URL$2")
	body=$(tr -d '\0' <body.txt)
}

get() {
	jq -r "$1" <<<"$body"
}

is() { # STATUS
	call GET "/v1/transcodes/$id"
	[ "$(get .status)" = "$1" ]
}

clip() { # SECONDS FILE
	mkdir -p media
	ffmpeg -nostdin -v error -f lavfi -i "color=d=$1:s=64x64:r=2" "media/$2"
}

@test "a job says at create what it is billed: whole seconds over the inputs, minutes rounded up" {
	clip 61 long.mp4
	clip 1.5 short.mp4
	serve --media media --jobs 1
	call POST /v1/transcodes '{"inputs":[{"url":"long.mp4"},{"url":"short.mp4"}],"outputFormat":"mp4"}'
	[ "$code $(get '[.status, .duration_seconds, .billable_minutes] | join(" ")')" = "201 pending 63 2" ]
	call POST /v1/transcodes '{"inputs":[{"url":"short.mp4"}],"outputFormat":"gif"}'
	[ "$code $(get '[.duration_seconds, .billable_minutes] | tojson')" = "201 [2,1]" ]
	id=$(get .id)
	until_true is completed
	[ "$(get '[.duration_seconds, .billable_minutes] | tojson')" = "[2,1]" ]
	# what cannot be looked at has no price
	call POST /v1/transcodes '{"inputs":[{"url":"http://127.0.0.1:9/x.mp4"}],"outputFormat":"mp4"}'
	[ "$code $(get '[.duration_seconds, .billable_minutes] | tojson')" = "201 [null,null]" ]
	echo "no video" >media/bad.mp4
	call POST /v1/transcodes '{"inputs":[{"url":"bad.mp4"}],"outputFormat":"mp4"}'
	[ "$code $(get .duration_seconds)" = "201 null" ]
	id=$(get .id)
	until_true is failed
}

# files: a server of files of its own, which may hang; sets FILES.
files() {
	start_background files fileserver
	until_true test -s files.out || return
	FILES=$(cat files.out)
}

asked() {
	[[ $(curl -s "$TC_BASE_URL/_stats") == '{"requests":1,'* ]]
}

@test "a source that is slow to be looked at holds up its own job alone, and no stop" {
	files
	clip 1 a.mp4
	serve --media media --quota 2
	call POST /v1/transcodes "{\"inputs\":[{\"url\":\"$FILES/size=99999,hang=1000/x.mp4\"}],\"outputFormat\":\"mp4\"}" &
	slow=$!
	until_true asked
	call POST /v1/transcodes '{"inputs":[{"url":"a.mp4"}],"outputFormat":"gif"}'
	[ "$code $(get .duration_seconds)" = "201 1" ]
	id=$(get .id)
	until_true is completed
	call GET /v1/transcodes
	[ "$(get .total)" = 1 ]
	kill -0 $slow
	SECONDS=0
	stop_started
	[ $SECONDS -lt 3 ]
	wait $slow || true
}

@test "web sources too are looked at before a job is priced" {
	clip 61 a.mp4
	serve --media media
	call POST /v1/transcodes '{"inputs":[{"url":"a.mp4"}],"outputFormat":"mp4"}'
	id=$(get .id)
	until_true is completed
	call GET "/v1/transcodes/$id/download?url=true"
	call POST /v1/transcodes "{\"inputs\":[{\"url\":$(get '.url | tojson')}],\"outputFormat\":\"gif\"}"
	[ "$code $(get '[.duration_seconds, .billable_minutes] | tojson')" = "201 [61,2]" ]
}

@test "an upload has one of the nine types, at most 1.9 GB, and a URL for a quarter of an hour" {
	local type
	serve --encoder "$ENCODER"
	presign() {
		call POST /v1/upload/presigned-url "{\"filename\":\"a\",\"contentType\":\"$1\",\"fileSize\":$2}"
	}
	for type in video/mp4 video/webm video/avi video/quicktime video/mkv audio/mpeg audio/wav audio/flac audio/aac; do
		presign $type 5
		[ "$code" = 200 ]
	done
	[ "$(get '.result.expiresAt | sub("\\..*"; "Z") | fromdate - now | . > 880 and . < 901')" = true ]
	for type in video/x-matroska video/x-msvideo text/plain; do
		presign $type 5
		[ "$code $(get .error)" = "400 Validation failed" ]
	done
	presign video/mp4 1900000000
	[ "$code" = 200 ]
	presign video/mp4 1900000001
	[ "$code" = 400 ]
}

@test "a call that comes too early or too late names the job's status" {
	serve --encoder "$ENCODER"
	call POST /v1/transcodes '{"inputs":[{"url":"http://h/held"}],"outputFormat":"mp4"}'
	id=$(get .id)
	until_true is processing
	call GET "/v1/transcodes/$id/download?url=true"
	[ "$code $(get .error)" = "400 Not completed: the job is processing" ]
	: >gate
	until_true is completed
	call PATCH "/v1/transcodes/$id/cancel"
	[ "$code $(get .error)" = "400 Cannot cancel job in status: completed" ]
}

@test "composition filters bring inputs together, and nothing else in" {
	local graph
	clip 1 a.mp4
	serve --media media
	with() {
		call POST /v1/transcodes "$(jq -n --arg g "$1" '{inputs: [{url: "a.mp4"}, {url: "a.mp4"}], outputFormat: "mp4", filters: [{filter: $g}]}')"
	}
	for graph in '[0:v]movie=/etc/passwd[v]' '[2:v]null[v]' '[0:v]null[v];amovie=x' '[0:v]drawtext=textfile=/etc/passwd[v]' \
		'[0:v]null[v' 'null]' '[a b]null[v]' '[0:v]xfade=expr=ld(1)[v]' "[0:v]scale='1'[v]" ''; do
		with "$graph"
		[ "$code" = 400 ] || { echo "accepted $graph: $body"; false; }
		[[ $(get .details) == filters:* ]]
	done
	with '[0:v]scale=64:64,setsar=1[s];[s][1:v]hstack[x];[x]null[v]'
	[ "$code" = 201 ]
	id=$(get .id)
	until_true is completed
	call GET "/v1/transcodes/$id/download"
	[ "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 body.txt)" = 128,64 ]
	with '[0:v][1:v]concat=n=2:v=1:a=0[v]'
	[ "$code" = 201 ]
	id=$(get .id)
	until_true is completed
	call GET "/v1/transcodes/$id/download"
	[ "$(ffprobe -v error -show_entries format=duration -of csv=p=0 body.txt | jq '. > 1.8 and . < 2.2')" = true ]
	call POST /v1/transcodes '{"inputs":[{"url":"a.mp4"}],"outputFormat":"mp4","filters":[]}'
	[ "$code" = 201 ]
}
