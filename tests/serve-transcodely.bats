#!/usr/bin/env bats
# tc-serve's Transcodely API byte by byte: what its messages, errors, streams and
# events look like, and which requests it refuses.
# shellcheck disable=SC2016 # the $ in jq programs are jq's

load helper
load fake

setup() {
	setup_tc
	V='"outputs":[{"type":"mp4","video":[{"codec":"h264"}]}]'
}

# rpc METHOD [BODY [CURL OPTION...]]: sets code, body, and the file headers.
rpc() {
	local method=$1 data=${2-}
	shift 2 || shift
	[[ $method == */* ]] || method=JobService/$method
	code=$(curl -s -m 20 -D headers -o body.txt -w '%{http_code}' -H 'Authorization: Bearer test-key' \
		-H "Content-Type: ${TYPE-application/json}" -d "$data" "$@" "$TC_BASE_URL/transcodely.v1.$method") || true
	body=$(tr -d '\0' <body.txt)
}

# create MEMBERS: from https://h/a.mp4 unless they name a source; sets id.
create() {
	rpc Create "{$1}"
	[[ $body =~ ^\{\"job\":.*\"id\":\"(job_[^\"]+)\" ]] && id=${BASH_REMATCH[1]} || id=
}

get() {
	jq -r "$1" <<<"$body"
}

is() { # STATUS
	rpc Get "{\"id\":\"$id\"}"
	[ "$(get .job.status)" = "$1" ]
}

# header NAME: its value in the last answer.
header() {
	tr -d '\r' <headers | sed -n "s/^$1: //Ip"
}

# What differs from run to run, made the same.
masked() {
	sed -E 's/job_[0-9a-f]{20}/job_ID/g; s/out_[0-9a-f]{20}/out_ID/g; s/req_[0-9a-f]{20}/req_ID/g
		s/"20[0-9-]{8}T[0-9:]{8}(\.[0-9]{3})?Z"/"TIME"/g; s/expires=[0-9]+/expires=N/g; s/sig=[0-9a-f]{64}/sig=HEX/g
		s|http://127.0.0.1:[0-9]+|BASE|g'
}

@test "an ended job has every member of its message, and bytes as the service writes them" {
	serve --encoder "$ENCODER"
	create '"input_url":"https://h/a.mp4?x=1&y=2","managed":true,"metadata":{"z":"<&>","a":"ü"},
		"outputs":[{"type":"mp4","video":[{"codec":"h264","resolution":"720p","quality":"standard","framerate":25}]}]'
	[ "$code" = 200 ]
	until_true is completed
	masked <<<"$body" >got
	printf '%s' '{"job":{"app_id":"app_local","chapter_results":[],"completed_at":"TIME","cost_breakdown":{"lines":[],' \
		'"total_actual_cost":0,"total_estimated_cost":0},"created_at":"TIME","currency":"EUR","delayed_start":false,' \
		'"execution":null,"fees":[],"id":"job_ID","input_url":"https://h/a.mp4?x=1\u0026y=2","input_video_id":"",' \
		'"metadata":{"a":"ü","z":"\u003c\u0026\u003e"},"minimum_charge_applied":false,"object":"job","outputs":[{' \
		'"actual_cost":0,"duration_seconds":"0","id":"out_ID","object":"job_output",' \
		'"output_size_bytes":"33","output_url":"gs://tc-serve/files/job_ID/0.mp4","pricing":null,"progress":100,' \
		'"signed_url":"BASE/files/job_ID/0.mp4?expires=N\u0026sig=HEX","spec":{"audio":[],"subtitle_tracks":[],' \
		'"type":"mp4","video":[{"codec":"h264","framerate":25,"quality":"standard","resolution":"720p"}]},' \
		'"status":"completed","variant_pricing":[],"variant_results":[]}],"priority":"standard","progress":100,' \
		'"started_at":"TIME","status":"completed","subtitle_results":[],"thumbnail_results":[],"thumbnails":[],' \
		'"total_actual_cost":0,"total_estimated_cost":0,"updated_at":"TIME"}}' >want
	echo >>want
	diff want got
	# List signs nothing
	rpc List '{}'
	[ "$(get '[.jobs[0].outputs[0] | has("signed_url"), has("output_url")] | join(" ")')" = "false true" ]
	[ "$(get .pagination)" = "$(printf '{\n  "next_cursor": "",\n  "total_count": "1"\n}')" ]
}

@test "names may be snake_case or camelCase, enums short, full or numbers, numbers strings" {
	local a b c
	serve --encoder "$ENCODER"
	create '"input_url":"https://h/a","output_origin_id":"ori_o","priority":"premium","delayed_start":true,
		"outputs":[{"type":"hls","video":[{"codec":"h265","resolution":"4320p","quality":"economy","width":640}]}]'
	a=$(get '.job | del(.id, .created_at, .updated_at, .outputs[].id)')
	create '"inputUrl":"https://h/a","outputOriginId":"ori_o","priority":"JOB_PRIORITY_PREMIUM","delayedStart":true,
		"outputs":[{"type":"OUTPUT_FORMAT_HLS","video":[{"codec":"VIDEO_CODEC_H265","resolution":"RESOLUTION_4320P",
		"quality":"QUALITY_TIER_ECONOMY","width":"640"}]}]'
	b=$(get '.job | del(.id, .created_at, .updated_at, .outputs[].id)')
	create '"inputUrl":"https://h/a","outputOriginId":"ori_o","priority":3,"delayedStart":true,"unknown":[1],
		"outputs":[{"type":5,"video":[{"codec":2,"resolution":6,"quality":1,"width":640.0}],"audio":null}]'
	c=$(get '.job | del(.id, .created_at, .updated_at, .outputs[].id)')
	[ "$code" = 200 ]
	[ "$a" = "$b" ]
	[ "$a" = "$c" ]
	[ "$(get '.job | [.priority, .status, .delayed_start, .outputs[0].spec.type, .outputs[0].status] | join(" ")')" = \
		"premium awaiting_confirmation true hls pending" ]
	[ "$(get '.job.output_origin | tojson')" = '{"bucket":"ori_o","id":"ori_o","name":"ori_o","path":"","provider":"s3"}' ]
	[ "$(get .job.output_origin_id)" = ori_o ]
}

@test "an error carries its details in protobuf and in the clear, Error-Code and X-Request-Id" {
	serve --encoder "$ENCODER"
	rpc Get '{"id":"job_none"}'
	[ "$code" = 404 ]
	printf '%s' '{"code":"not_found","message":"job job_none not found","details":[{"type":"transcodely.v1.ErrorDetails",' \
		'"value":"Cg1KT0JfTk9UX0ZPVU5EEhZqb2Igam9iX25vbmUgbm90IGZvdW5k",' \
		'"debug":{"code":"JOB_NOT_FOUND","message":"job job_none not found","field_violations":[]}}]}' >want
	cmp want body.txt
	[ "$(header error-code)" = JOB_NOT_FOUND ]
	[[ $(header x-request-id) =~ ^req_[0-9a-f]{20}$ ]]
	rpc Get '{"id":"7"}'
	[ "$code" = 400 ]
	[ "$(get '.details[0].value')" = ChB2YWxpZGF0aW9uX2Vycm9yEjRpZDogbXVzdCBiZSBqb2JfIGZvbGxvd2VkIGJ5IGxldHRlcnMsIGRpZ2l0cywgXyBvciAtGjYKAmlkEjBtdXN0IGJlIGpvYl8gZm9sbG93ZWQgYnkgbGV0dGVycywgZGlnaXRzLCBfIG9yIC0 ]
	[ "$(get '.details[0].debug.field_violations[0] | "\(.field): \(.description)"')" = "$(get .message)" ]
	[ "$(header error-code)" = validation_error ]
}

@test "X-Request-Id is on every answer, refusals and faults included; faults are Connect errors" {
	echo right >key
	chmod 600 key
	serve --encoder "$ENCODER" --key-file key
	rpc List '{}'
	[ "$code $(get .code) $(header error-code)" = "401 unauthenticated invalid_api_key" ]
	[[ $(header x-request-id) == req_* ]]
	[ "$(get '.details[0].debug.code')" = invalid_api_key ]
	stop_started
	serve --encoder "$ENCODER" --rate 1/h --burst 1
	rpc List '{}'
	[ "$code" = 200 ]
	[[ $(header x-request-id) == req_* ]]
	rpc List '{}'
	[ "$code $(header error-code) $(get '.details[0].debug.code')" = "429 rate_limit_exceeded rate_limit_exceeded" ]
	[[ $(header x-request-id) == req_* ]]
	stop_started
	serve --encoder "$ENCODER" --fault status-503=1
	rpc List '{}'
	[ "$code $(get .code) $(header error-code)" = "503 unavailable service_unavailable" ]
	[[ $(header x-request-id) == req_* ]]
	rpc Watch '{}'
	[ "$code $(get .code)" = "503 unavailable" ]
}

@test "a wrong content type is 415, a wrong method 405, health needs no key" {
	serve --encoder "$ENCODER"
	for type in text/plain application/proto application/connect+json 'application/jsonp'; do
		TYPE=$type rpc List '{}'
		[ "$code $(header accept-post)" = "415 application/json" ] || { echo "$type: $code"; false; }
	done
	rpc Watch '{}'
	[ "$code $(header accept-post)" = "415 application/connect+json" ]
	rpc List '{}' -H 'Content-Encoding: gzip'
	[ "$code $(get .code) $(header error-code)" = "501 unimplemented unsupported_compression" ]
	rpc List '{}' -H 'Content-Encoding: identity'
	[ "$code" = 200 ]
	TYPE='Application/JSON; charset=utf-8' rpc List '{}'
	[ "$code" = 200 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer test-key' "$TC_BASE_URL/transcodely.v1.JobService/List")" = 405 ]
	rpc HealthService/Check '{}' -H 'Authorization: none'
	[ "$body" = "{\"components\":[],\"status\":\"healthy\",\"version\":\"$(tc-serve --version | sed -n '1s/.* //p')\"}" ]
	rpc HealthService/Watch '{}'
	[ "$code $(get .code)" = "404 unimplemented" ]
}

# refused FIELD WORDS MEMBERS
refused() {
	create "$3"
	[ "$code $(header error-code)" = "400 validation_error" ] || { echo "accepted: $3: $body"; return 1; }
	jq -e --arg f "$1" --arg w "$2" '.details[0].debug.field_violations[0] | .field == $f and (.description | contains($w))' \
		<<<"$body" >/dev/null || { echo "$3: $body"; return 1; }
}

@test "a request that breaks the service's rules is refused, and the member named" {
	local U='"input_url":"https://h/a","managed":true' long
	serve --encoder "$ENCODER"
	refused outputs "at least 1" "$U"
	refused outputs "no more than 10" "$U,\"outputs\":[$(printf '{"type":"mp4","video":[{"codec":1}]},%.0s' {1..10}){\"type\":\"mp4\",\"video\":[{\"codec\":1}]}]"
	refused 'outputs[0]' "either preset" "$U,\"outputs\":[{\"video\":[{\"codec\":\"h264\"}]}]"
	refused 'outputs[0]' "either preset" "$U,\"outputs\":[{\"type\":\"vhs\",\"video\":[{\"codec\":\"h264\"}]}]"
	refused 'outputs[0]' "at least one variant" "$U,\"outputs\":[{\"type\":\"mp4\"}]"
	refused 'outputs[0]' "at least one variant" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[]}]"
	refused 'outputs[0].video[0].codec' required "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{}]}]"
	refused 'outputs[0].video[0].codec' 'unknown value "h263"' "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":\"h263\"}]}]"
	refused 'outputs[0].video[0].codec' defined "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":9}]}]"
	refused 'outputs[0].video[0].resolution' 'unknown value "4k"' "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"resolution\":\"4k\"}]}]"
	refused 'outputs[0].video[0].width' "greater than or equal to 128" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"width\":64}]}]"
	refused 'outputs[0].video[0].framerate' "less than or equal to 240" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"framerate\":241}]}]"
	refused 'outputs[0].video[0].bitrate' "whole number" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"bitrate\":500.5}]}]"
	refused 'outputs[1].video[0].codec' "vp9 or av1" "$U,\"outputs\":[{\"type\":\"webm\",\"video\":[{\"codec\":\"vp9\"}]},{\"type\":\"webm\",\"video\":[{\"codec\":\"h264\"}]}]"
	refused 'outputs[0].path_template' "must not start" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1}],\"path_template\":\"a/../b\"}]"
	refused output_path_template "must not start" "$U,$V,\"output_path_template\":\"/a\""
	refused "" "exactly one input" "\"managed\":true,$V"
	refused "" "exactly one input" "$U,\"input_origin_id\":\"ori_1\",$V"
	refused "" "input_path can only" "$U,\"input_path\":\"x\",$V"
	refused "" "output_origin_id is required" "\"input_url\":\"https://h/a\",$V"
	refused input_url "must begin with" "\"input_url\":\"ftp://h/a\",\"managed\":true,$V"
	refused input_url "must begin with" '"input_url":"https://h/a\nb","managed":true,'"$V"
	refused input_url "twice" "$U,\"inputUrl\":\"https://h/a\",$V"
	refused input_origin_id ori_ "\"input_origin_id\":\"1\",\"managed\":true,$V"
	refused output_origin_id ori_ "\"input_url\":\"https://h/a\",\"output_origin_id\":\"bucket\",$V"
	refused app_id app_ "$U,$V,\"app_id\":\"mine\""
	for url in ftp://h/a h/a "http://" "http:///a" "https://h/a b" "https://h/%zz" "" 'http://[::1/a' 'http://[zz]/a' 'http://[::1]x' \
		http://h:abc/ 'http://h/[a]' 'http://h/?[a]' 'http://h/#a#b' http://a@b@c/ http://@ http://:80/; do
		refused webhook_url "valid http or https URI" "$U,$V,\"webhook_url\":\"$url\""
	done
	refused webhook_events[0] job.created "$U,$V,\"webhook_events\":[\"job.exploded\"]"
	refused metadata "1 to 64" "$U,$V,\"metadata\":{\"\":\"x\"}"
	refused metadata "expected a string" "$U,$V,\"metadata\":{\"a\":1}"
	refused metadata "at most 20" "$U,$V,\"metadata\":{$(printf '"k%s":"",' {1..20})\"k\":\"\"}"
	refused metadata "expected an object" "$U,$V,\"metadata\":[]"
	refused managed "true or false" "\"input_url\":\"https://h/a\",\"output_origin_id\":\"ori_o\",\"managed\":\"yes\",$V"
	refused idempotency_key "expected a string" "$U,$V,\"idempotency_key\":7"
	refused input_url "expected a string" "\"input_url\":[],\"managed\":true,$V"
	refused outputs "expected a list" "$U,\"outputs\":{}"
	refused outputs[0] "expected an object" "$U,\"outputs\":[7]"
	refused clip "at least 0.001s" "$U,$V,\"clip\":{\"start_seconds\":2,\"end_seconds\":1}"
	refused clip.start_seconds "greater than or equal to 0" "$U,$V,\"clip\":{\"start_seconds\":-1}"
	for number in 0x10 +1 .5 5. 010 ' 1' '1 ' 1s ''; do
		refused clip.start_seconds "expected a number" "$U,$V,\"clip\":{\"start_seconds\":\"$number\"}"
	done
	# characters are counted, not bytes
	long=$(printf 'ü%.0s' {1..128})
	create "$U,$V,\"idempotency_key\":\"$long\""
	[ "$code" = 200 ]
	refused idempotency_key "at most 128 characters" "$U,$V,\"idempotency_key\":\"${long}ü\""
}

@test "a member that tc-serve does not support is refused, not ignored" {
	local U='"input_url":"https://h/a","managed":true' part
	serve --encoder "$ENCODER"
	for part in '"preset":"pst_1"' '"audio":[{"language":"eng"}]' '"drm":{"scheme":"cenc"}' '"watermark":{"image_url":"https://h/w"}' \
		'"hls":{"manifest":"m"}' '"segments":{"duration":2}' '"content_aware":{"mode":"per_title"}'; do
		refused "outputs[0].$(cut -d'"' -f2 <<<"$part")" "not supported by tc-serve" \
			"$U,\"outputs\":[{\"type\":\"hls\",\"video\":[{\"codec\":\"h264\"}],$part}]"
	done
	refused 'outputs[0].encoding_mode' 'only "fixed"' "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1}],\"encoding_mode\":\"auto\"}]"
	refused 'outputs[0].video[0].hdr' "not supported" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"hdr\":{}}]}]"
	refused 'outputs[0].video[0].h264.tune' "not supported" "$U,\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":1,\"h264\":{\"tune\":\"film\"}}]}]"
	# a 0, a text and a false ask for something where they are not the default
	for part in '"h264":{"bframes":0}' '"h265":{"tune":""}' '"vp9":{"speed":0}' '"av1":{"enable_cdef":false}'; do
		refused "outputs[0].video[0].$(cut -d'"' -f2,4 --output-delimiter=. <<<"$part")" "not supported" \
			"$U,\"outputs\":[{\"type\":\"mkv\",\"video\":[{\"codec\":1,$part}]}]"
	done
	refused 'outputs[0].video[0].codec' "av1 in mov is not supported" "$U,\"outputs\":[{\"type\":\"mov\",\"video\":[{\"codec\":\"av1\"}]}]"
	refused thumbnails "not supported" "$U,$V,\"thumbnails\":[{\"mode\":\"single\"}]"
}

@test "a request that keeps the rules is accepted" {
	serve --encoder "$ENCODER"
	for members in '"input_url":"https://h/a","managed":true,"output_origin_id":"ori_o",'"$V" \
		'"input_origin_id":"ori_i","output_origin_id":"ori_o",'"$V" \
		'"input_url":"https://h/a","managed":true,"outputs":[{"subtitle_tracks":[{"operation":"extract","output_format":"srt"}]}]' \
		'"input_url":"https://h/a","managed":true,"outputs":[{"type":"webm","video":[{"codec":"av1","h264":null}]}]' \
		'"input_url":"https://h/a","managed":true,"outputs":[{"type":"mp4","video":[{"codec":1,"h264":{"tune":null}}],"audio":[]}],"thumbnails":[]' \
		'"input_url":"https://h/a","managed":true,"webhook_url":"http://u:p@[::1]:80/a?b=%41#c",'"$V" \
		'"input_url":"gs://b/a","managed":true,"clip":{"start_seconds":1.5},"app_id":"app_x","metadata":{},'"$V"; do
		create "$members"
		[ "$code" = 200 ] || { echo "$members: $body"; false; }
	done
	[ "$(get '.job | [.app_id, .clip.start_seconds, .clip.end_seconds] | join(" ")')" = "app_x 1.5 0" ]
}

@test "List filters by status, statuses, app, time and offset; an empty cursor is the first page" {
	serve --encoder "$ENCODER"
	for i in 1 2 3; do
		create "\"input_url\":\"https://h/$i\",\"managed\":true,\"delayed_start\":true,\"app_id\":\"app_$i\",\"metadata\":{\"n\":\"$i\"},$V"
	done
	rpc Cancel "{\"id\":\"$id\"}"
	listed() { # WANT BODY
		rpc List "$2"
		[ "$(get '[.jobs[].metadata.n] | join(" ")') of $(get .pagination.total_count)" = "$1" ] || { echo "$2: $body"; return 1; }
	}
	listed "3 2 1 of 3" '{"pagination":{"cursor":""}}'
	listed "3 of 1" '{"status":"canceled"}'
	listed "3 of 1" '{"status":6}'
	listed "2 1 of 2" '{"status":"canceled","statuses":["awaiting_confirmation","JOB_STATUS_FAILED"]}'
	listed "1 of 3" '{"pagination":{"offset":2,"limit":2}}'
	listed "2 of 3" '{"pagination":{"offset":1,"limit":1}}'
	rpc List "{\"pagination\":{\"limit\":1,\"cursor\":\"$(get .pagination.next_cursor)\"}}"
	[ "$(get '.jobs[0].metadata.n')" = 1 ]
	# the offset of the first page is not that of the next
	rpc List "{\"pagination\":{\"limit\":1}}"
	listed "2 of 3" "{\"pagination\":{\"limit\":1,\"offset\":1,\"cursor\":\"$(get .pagination.next_cursor)\"}}"
	listed "2 of 1" '{"app_id":"app_2"}'
	listed " of 0" '{"created_before":"2001-01-01T00:00:00Z"}'
	listed "3 2 1 of 3" '{"createdAfter":"2001-01-01T00:00:00.123456Z","metadata":{}}'
	for wrong in '{"pagination":{"limit":101}}' '{"pagination":{"cursor":"x"}}' '{"statuses":["nonsense"]}' '{"statuses":[0]}' \
		'{"statuses":["failed","failed"]}' '{"created_after":"yesterday"}' '{"created_after":"2026-01-01"}' \
		'{"created_after":"2026-01-01T00:00:00"}' '{"created_after":"2026-01-01 00:00:00Z"}' '{"created_after":"2026-02-30T00:00:00Z"}' \
		'{"created_after":"2026-01-01T00:00:00.Z"}' '{"created_after":"2026-01-01T00:00:00.1234567890Z"}' '{"created_before":"2026-01-01T00:00:60Z"}' '{"app_id":"x"}' '{"status":"done"}'; do
		rpc List "$wrong"
		[ "$code" = 400 ] || { echo "accepted $wrong"; false; }
	done
}

@test "an idempotency key is its app's: another app has another job with it" {
	local first
	serve --encoder "$ENCODER"
	again() { # WANT MEMBERS
		create "\"input_url\":\"https://h/a\",\"managed\":true,\"idempotency_key\":\"k\",$2$V"
		[ "$code $id" = "200 ${1:-$id}" ] || { echo "$2: $body"; return 1; }
	}
	again "" ""
	first=$id
	again "" '"app_id":"app_b",'
	[ "$id" != "$first" ]
	again "$id" '"app_id":"app_b",'
	again "$first" ""
	again "$first" '"app_id":"app_local",'
	rpc List '{"app_id":"app_b"}'
	[ "$(get .pagination.total_count)" = 1 ]
}

@test "Confirm answers processing with its time, once" {
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/a\",\"managed\":true,\"delayed_start\":true,$V"
	[ "$(get '.job | has("confirmed_at")')" = false ]
	rpc Confirm "{\"id\":\"$id\"}"
	[ "$code $(get '.job.status') $(get '.job.confirmed_at | type')" = "200 processing string" ]
	until_true is completed
	[ "$(get '.job.confirmed_at | type')" = string ]
	rpc Confirm "{\"id\":\"$id\"}"
	[ "$code $(get .code) $(header error-code)" = "400 failed_precondition job_not_awaiting_confirmation" ]
}

@test "a price is told once the source has been probed; a job that waits for it to be confirmed is probed first" {
	mkdir media
	ffmpeg -nostdin -v error -f lavfi -i color=d=3:s=64x64:r=2 media/a.mp4
	serve --media media
	create '"input_origin_id":"ori_i","input_path":"a.mp4","managed":true,"delayed_start":true,"clip":{"start_seconds":1},
		"outputs":[{"type":"mp4","video":[{"codec":"h264"}]},{"type":"mov","video":[{"codec":"h264"}]}]'
	[ "$(get '.job | [.status, has("total_estimated_cost"), (.cost_breakdown | has("total_estimated_cost"))] | join(" ")')" = "pending false false" ]
	until_true is awaiting_confirmation
	[ "$(get '.job | [.total_estimated_cost, .cost_breakdown.total_estimated_cost, .input_metadata.duration_ms, has("total_actual_cost"),
		(.outputs[] | .status, .estimated_duration_seconds, .estimated_cost)] | tojson')" = \
		'[0,0,"3000",false,"pending","2",0,"pending","2",0]' ]
	rpc Confirm "{\"id\":\"$id\"}"
	[ "$(get .job.status)" = processing ]
	until_true is completed
	[ "$(get '.job | [.total_actual_cost, .outputs[].duration_seconds] | tojson')" = '[0,"2","2"]' ]
	# one whose source is no good ends without being confirmed, as a whole
	echo "no video" >media/bad.mp4
	create '"input_origin_id":"ori_i","input_path":"bad.mp4","managed":true,"delayed_start":true,
		"outputs":[{"type":"mp4","video":[{"codec":"h264"}]},{"type":"mov","video":[{"codec":"h264"}]}]'
	until_true is failed
	[ "$(get '.job | [has("total_estimated_cost") , .total_actual_cost, .outputs[].status] | tojson')" = '[false,0,"failed","failed"]' ]
}

@test "an upload has the service's rules, and its video has every member and the state of its job" {
	local U='"app_id":"app_a","filename":"a.mp4","content_type":"video/mp4"' P='"id":"vid_1","upload_id":"u"' method members
	serve --encoder "$ENCODER"
	while read -r method field members; do
		rpc "VideoService/$method" "{$members}"
		[ "$code $(get '.details[0].debug.field_violations[0].field')" = "400 $field" ] || { echo "$method $members: $body"; false; }
	done <<-end
		CreateUpload size_bytes $U
		CreateUpload size_bytes $U,"size_bytes":null
		CreateUpload size_bytes $U,"size_bytes":0
		CreateUpload size_bytes $U,"size_bytes":5368709121
		CreateUpload size_bytes $U,"size_bytes":"1e400"
		CreateUpload visibility $U,"size_bytes":1,"visibility":"everyone"
		CreateUpload preset $U,"size_bytes":1,"preset":"pst_1"
		CreateUpload hover_previews $U,"size_bytes":1,"hover_previews":true
		CreateMultipartUpload size_bytes $U,"total_parts":1
		CompleteMultipartUpload parts[0].part_number $P,"parts":[{"etag":"e"}]
		AbortMultipartUpload upload_id "id":"vid_1"
	end
	for size in 2147483648 '"5368709120"'; do
		rpc VideoService/CreateUpload "{$U,\"size_bytes\":$size}"
		[ "$code $(get .video.input_size_bytes)" = "200 ${size//\"/}" ] || { echo "$body"; false; }
	done
	rpc VideoService/CreateMultipartUpload "{$U,\"size_bytes\":3000000000,\"part_size_bytes\":3000000000,\"total_parts\":1}"
	[ "$code" = 200 ]
	rpc VideoService/CreateUpload "{$U,\"size_bytes\":3,\"title\":\"A film\",\"visibility\":\"private\"}"
	id=$(get .video.id)
	printf abc | curl -sf -T - -H 'Content-Type: video/mp4' "$(get .upload_url)"
	rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	video_is() {
		rpc VideoService/Get "{\"id\":\"$id\"}"
		[ "$(get .video.status)" = "$1" ]
	}
	until_true video_is ready
	sed -E 's/job_[0-9a-f]+/job_ID/; s/vid_[0-9a-f]+/vid_ID/; s/"20[0-9-]{8}T[0-9:]{8}(\.[0-9]{3})?Z"/"TIME"/g
		s/"output_size_bytes":"[1-9][0-9]*"/"output_size_bytes":"N"/' body.txt >got
	printf '%s' '{"video":{"app_id":"app_a","created_at":"TIME","duration_seconds":0,"id":"vid_ID","input_content_type":"video/mp4",' \
		'"input_size_bytes":"3","job_id":"job_ID","object":"video","output_size_bytes":"N","ready_at":"TIME","renditions":[],' \
		'"source":"upload","source_pinned":false,"status":"ready","tags":[],"text_tracks":[],"title":"A film",' \
		'"updated_at":"TIME","visibility":"private"}}' >want
	cmp want got || { cat got; false; }
	# one whose job fails says why
	rpc VideoService/CreateUpload "{${U/a.mp4/fail.mp4},\"size_bytes\":3}"
	id=$(get .video.id)
	printf abc | curl -sf -T - -H 'Content-Type: video/mp4' "$(get .upload_url)"
	rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	[ "$(get '.video | [.status, .output_size_bytes] | join(" ")')" = "processing 0" ]
	until_true video_is error
	[[ $(get .video.error_message) == "cannot decode "* ]]
	[ "$(get '.video | [has("ready_at"), .output_size_bytes] | join(" ")')" = "false 0" ]
}

# upload NAME: sets id to that of a video of three bytes, which are at the server but not complete.
upload() {
	rpc VideoService/CreateUpload "{\"app_id\":\"${APP:-app_a}\",\"filename\":\"$1\",\"content_type\":\"video/mp4\",\"size_bytes\":3,\"tags\":[\"new\"]}"
	id=$(get .video.id)
	printf abc | curl -sf -T - -H 'Content-Type: video/mp4' "$(get .upload_url)"
}

# videos MEMBERS: the ids that List gives for them, and its count.
videos() {
	rpc VideoService/List "{$1}"
	get '[.videos[].id, .total_count] | map(tostring) | join(" ")'
}

@test "videos are listed in pages, newest first, by status and app" {
	local ids=() token rest
	serve --encoder "$ENCODER"
	for name in a.mp4 fail.mp4 c.mp4 d.mp4; do
		APP=app_${name:0:1} upload $name
		ids=("$id" "${ids[@]}")
	done
	for id in "${ids[2]}" "${ids[3]}"; do
		rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	done
	ended() { [ "$(videos '"page_size":9,"status":"processing"')" = 0 ]; }
	until_true ended
	[ "$(videos '"page_size":4')" = "${ids[*]} 4" ]
	rpc VideoService/List '{"page_size":4}'
	[ "$(get 'has("next_page_token")')" = false ]
	[ "$(get '.videos[3] | [.status, .object, .tags[0], has("duration_seconds")] | join(" ")')" = "ready video new true" ]
	rpc VideoService/List '{"page_size":3}'
	token=$(get .next_page_token)
	upload e.mp4 # a new one is on no later page
	[ "$(videos "\"page_size\":3,\"page_token\":\"$token\"")" = "${ids[3]} 5" ]
	rpc VideoService/List "{\"pageSize\":3,\"pageToken\":\"$token\"}"
	[ "$(get 'has("next_page_token")')" = false ]
	[ "$(videos '"page_size":1,"status":"ready"')" = "${ids[3]} 1" ]
	[ "$(videos '"page_size":1,"status":"error"')" = "${ids[2]} 1" ]
	[ "$(videos '"page_size":1,"status":"uploading","app_id":"app_c"')" = "${ids[1]} 1" ]
	[ "$(videos '"page_size":1,"status":"archived"')" = 0 ]
	for rest in '' '"page_size":0' '"page_size":101' '"page_size":1,"app_id":"b"' '"page_size":1,"page_token":"x"' \
		'"page_size":1,"page_token":"1."' '"page_size":1,"page_token":"-5.vid_1"' '"page_size":1,"page_token":"5"'; do
		rpc VideoService/List "{$rest}"
		[ "$code $(get .code)" = "400 invalid_argument" ] || { echo "$rest: $body"; false; }
	done
}

@test "an update changes what it names, and a restart keeps it" {
	local had
	serve --encoder "$ENCODER"
	upload a.mp4
	rpc VideoService/Get "{\"id\":\"$id\"}"
	had=$(get .video.updated_at)
	later() {
		rpc VideoService/Update "{\"id\":\"$id\",\"title\":\"A \\\"film\\\"\",\"tags\":[\"x\",\"y\"],\"visibility\":\"public\",\"source_pinned\":true}"
		[[ $(get .video.updated_at) > $had ]]
	}
	until_true later
	kill "$PID"
	until_true gone "$PID"
	serve --encoder "$ENCODER"
	shown() {
		get '.video | [.title, .description, (.tags | join("+")), .visibility, .source_pinned, .status] | map(tostring) | join("|")'
	}
	rpc VideoService/Update "{\"id\":\"$id\",\"tags\":[],\"description\":\"long\"}"
	[ "$(shown)" = 'A "film"|long|x+y|public|true|uploading' ]
	rpc VideoService/Update "{\"id\":\"$id\",\"clear_tags\":true,\"source_pinned\":false}"
	[ "$(shown)" = 'A "film"|long||public|false|uploading' ]
	rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	[ "$(shown)" = 'A "film"|long||public|false|processing' ]
	rpc VideoService/Update "{\"id\":\"$id\",\"clear_tags\":true,\"tags\":[\"z\"]}"
	[ "$code $(get .message)" = "400 clear_tags cannot be combined with a non-empty tags list" ]
	rpc VideoService/Update "{\"id\":\"$id\",\"visibility\":\"everyone\"}"
	[ "$code" = 400 ]
	rpc VideoService/Update '{"id":"vid_none","title":"x"}'
	[ "$code" = 404 ]
}

@test "a deleted video is gone with its files, its upload and its job" {
	local job url
	serve --encoder "$ENCODER"
	upload a.mp4
	rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	job=$(get .video.job_id)
	ready() { [ "$(videos '"page_size":1,"status":"ready"')" = "$id 1" ]; }
	until_true ready
	[ -n "$(find state/files state/uploads -type f)" ]
	rpc VideoService/Delete "{\"id\":\"$id\"}"
	[ "$code $body" = "200 {}" ]
	[ -z "$(find state/files state/uploads -type f)" ]
	for method in Get Update Delete CompleteUpload; do
		rpc VideoService/$method "{\"id\":\"$id\"}"
		[ "$code" = 404 ]
	done
	[ "$(videos '"page_size":1')" = 0 ]
	# one that is being encoded: its job is canceled
	upload held.mp4
	rpc VideoService/CompleteUpload "{\"id\":\"$id\"}"
	job=$(get .video.job_id)
	rpc VideoService/Delete "{\"id\":\"$id\"}"
	[ "$code" = 200 ]
	rpc Get "{\"id\":\"$job\"}"
	[ "$(get .job.status)" = canceled ]
	# one that is not complete: nothing can be put there any more
	rpc VideoService/CreateUpload '{"app_id":"app_a","filename":"b.mp4","content_type":"video/mp4","size_bytes":3}'
	url=$(get .upload_url)
	rpc VideoService/Delete "{\"id\":\"$(get .video.id)\"}"
	[ "$(printf abc | curl -s -o put -w '%{http_code}' -T - -H 'Content-Type: video/mp4' "$url")" = 403 ]
}

# A stream's frames of ./stream, a line each: flag, length as the frame says it, and content.
frames() {
	local at=0 size flag n
	size=$(stat -c %s stream)
	while [ $((at + 5)) -le "$size" ]; do
		read -r flag a b c d <<<"$(od -An -v -tu1 -j $at -N 5 stream)"
		n=$(((a << 24) + (b << 16) + (c << 8) + d))
		printf '%s %s\n' "$flag" "$(tail -c +$((at + 6)) stream | head -c $n)"
		at=$((at + 5 + n))
	done
	[ $at -eq "$size" ]
}

# watch ID: asks for the stream, in a frame.
watch() {
	local ask="{\"id\":\"$1\"}"
	printf "\\0\\0\\0\\0\\$(printf %o ${#ask})%s" "$ask" >ask
	curl -sN -m 20 -D headers -o stream -H 'Authorization: Bearer test-key' -H 'Content-Type: application/connect+json' \
		--data-binary @ask "$TC_BASE_URL/transcodely.v1.JobService/Watch"
}

@test "Watch streams snapshot, changes and the end, in frames, and then closes" {
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/held\",\"managed\":true,$V"
	until_true is processing
	watch "$id" 3>&- &
	pid=$!
	until_true test -s stream
	: >gate
	wait $pid
	[ "$(header content-type)" = application/connect+json ]
	[[ $(header x-request-id) == req_* ]]
	frames >lines
	[ "$(cut -c1-2 lines | xargs)" = "0 0 2" ]
	[ "$(tail -n 1 lines)" = "2 {}" ]
	[ "$(sed -n 's/^0 //p' lines | jq -r '"\(.event) \(.job.status) \(.server_time | type)"' | paste -sd,)" = \
		"snapshot processing string,completed completed string" ]
	# one that has ended: the same two, immediately
	watch "$id"
	[ "$(frames | sed -n 's/^0 //p' | jq -r .event | xargs)" = "snapshot completed" ]
	[[ $(frames | jq -R 'select(startswith("0 ")) | .[2:] | fromjson | .job.outputs[0].signed_url' | head -n 1) == *'/files/'* ]]
	watch job_none
	[ "$(frames | sed 's/^2 //' | jq -r '.error.code, .error.details[0].debug.code' | xargs)" = "not_found JOB_NOT_FOUND" ]
}

@test "a stop does not wait for those who watch" {
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/held\",\"managed\":true,$V"
	watch "$id" 3>&- &
	until_true test -s stream
	stop_started
}

@test "width, height, framerate, bitrate, no audio and a clip reach ffmpeg" {
	mkdir media
	ffmpeg -nostdin -v error -f lavfi -i testsrc=d=2:s=320x180:r=10 -f lavfi -i sine=d=2 -shortest media/a.mp4
	serve --media media
	create '"input_origin_id":"ori_i","input_path":"a.mp4","managed":true,"clip":{"start_seconds":0.5,"end_seconds":1.5},
		"outputs":[{"type":"mp4","video":[{"codec":"h264","width":200,"height":150,"framerate":5,"bitrate":300}],"disable_audio":true},
		{"type":"webm","video":[{"codec":"vp9","width":128,"vp9":{"crf":50}}]}]'
	until_true is completed
	[ "$(get '.job | [.outputs[].width, .outputs[].height, .outputs[].duration_seconds] | join(" ")')" = "200 128 150 72 1 1" ]
	[ "$(get '.job.input_metadata.duration_ms')" = 2000 ]
	curl -sf -o out.mp4 "$(get '.job.outputs[0].signed_url')"
	[ "$(ffprobe -v error -show_entries stream=codec_type,r_frame_rate -of csv=p=0 out.mp4)" = video,5/1 ]
	curl -sf -o out.webm "$(get '.job.outputs[1].signed_url')"
	[ "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 out.webm | xargs)" = "vp9 opus" ]
	create '"input_origin_id":"ori_i","input_path":"a.mp4","managed":true,"clip":{"start_seconds":1,"end_seconds":9},'"$V"
	until_true is failed
	[ "$(get '.job.error_code')" = input_clip_out_of_range ]
}

@test "subtitles are extracted; a stream that the source does not have is named" {
	mkdir media
	printf '1\n00:00:00,000 --> 00:00:01,000\nhello\n' >a.srt
	ffmpeg -nostdin -v error -f lavfi -i color=d=1:s=64x64:r=2 -i a.srt media/a.mkv
	serve --media media
	create '"input_origin_id":"ori_i","input_path":"a.mkv","managed":true,"outputs":[
		{"subtitle_tracks":[{"operation":"extract","output_format":"srt"}]},
		{"subtitle_tracks":[{"operation":"extract","source_stream_index":1}]}]'
	until_true is partial
	[ "$(get '.job.outputs[1].error_message')" = "the source has no subtitle stream 1: it has 1" ]
	curl -sf -o out.srt "$(get '.job.outputs[0].signed_url')"
	grep -q hello out.srt
}

@test "templates name the object in the bucket" {
	serve --encoder "$ENCODER"
	create '"input_url":"https://h/a","output_origin_id":"ori_o","output_path_template":"v/{job_id}",
		"outputs":[{"type":"mp4","video":[{"codec":"h264","resolution":"720p"}],"path_template":"{codec}-{resolution}"},
		{"type":"hls","video":[{"codec":"h264"}]}]'
	until_true is completed
	[ "$(get '[.job.outputs[].output_url] | join(" ")')" = "s3://ori_o/v/$id/h264-720p.mp4 s3://ori_o/v/$id/master.m3u8" ]
}

# hooked [OPTION...]: tc-hook on a port of its own, its events in ./events; sets HOOK and HOOK_PID.
hooked() {
	rm -f hook.ready && mkfifo hook.ready || return
	start_background hook hook_on --ready-fd 4 -p transcodely "$@"
	HOOK_PID=$PID
	read -r -t 60 HOOK <hook.ready || { cat hook.err >&2; return 1; }
}

hook_on() {
	exec 4>hook.ready >>events || return
	export TRANSCODELY_WEBHOOK_SECRET=whsec_test
	exec tc-hook "$@"
}

heard() { # N
	[ -e events ] && [ "$(wc -l <events)" -ge "$1" ]
}

@test "webhook_events chooses among all events of a job's life; each names its request" {
	local made
	export TC_LOCAL_WEBHOOK_SECRET=whsec_test
	# the whole event as the job, so that all of it is to be seen
	jq '.webhook.job = "" | .webhook.types = ["job.", "output."] | .job.status = "/object" | .states.event = "running"' \
		"$ROOT/lib/profiles/transcodely.json" >all.json
	hooked --port 0 -p ./all.json
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/a\",\"managed\":true,$V,\"idempotency_key\":\"k\",\"webhook_url\":\"$HOOK/\",
		\"webhook_events\":[\"job.*\",\"output.ready\"]"
	made=$(header x-request-id)
	until_true heard 3
	[ "$(jq -r .job.type events | sort | xargs)" = "job.created job.succeeded output.ready" ]
	[ "$(jq -c 'select(.job.type == "job.created").job.request' events)" = "{\"id\":\"$made\",\"idempotency_key\":\"k\"}" ]
	[ "$(jq -c 'select(.job.type == "job.succeeded").job.request' events)" = '{"id":null,"idempotency_key":null}' ]
	[ "$(jq -r '"\(.job.type) \(.job.object) \(.job.data.object)"' events | grep -c -e '^job.* event job$' -e '^output.ready event job_output$')" = 3 ]
	# those of the end without it
	: >events
	create "\"input_url\":\"https://h/fail\",\"managed\":true,$V,\"webhook_url\":\"$HOOK/\",\"webhook_events\":[]"
	until_true heard 1
	[ "$(jq -r .job.type events | xargs)" = job.failed ]
}

@test "a delivery says which event it is, and is signed" {
	export TC_LOCAL_WEBHOOK_SECRET=whsec_test
	fake --log requests
	local hook=$API/hook
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/a\",\"managed\":true,$V,\"webhook_url\":\"$hook\""
	until_true grep -q ' POST /hook ' requests
	grep ' POST /hook ' requests >posts
	grep -qE 'Webhook-Id: evt_[0-9a-f]{24} ' posts
	grep -qE 'Transcodely-Signature: t=[0-9]+,v1=[0-9a-f]{64} ' posts
	grep -q 'Content-Type: application/json ' posts
}

@test "an event that is not taken is kept, and goes out after a restart" {
	local port
	export TC_LOCAL_WEBHOOK_SECRET=whsec_test
	hooked --port 0
	port=${HOOK##*:}
	kill "$HOOK_PID" && until_true gone "$HOOK_PID"
	serve --encoder "$ENCODER"
	create "\"input_url\":\"https://h/a\",\"managed\":true,$V,\"webhook_url\":\"http://127.0.0.1:$port/\""
	until_true is completed
	kill "$PID" && until_true gone "$PID"
	grep -q "1 webhook not delivered yet: the next start goes on with it" serve.err
	hooked --port "$port"
	serve --encoder "$ENCODER"
	until_true heard 1
	[ "$(jq -r '"\(.event.type) \(.id)"' events)" = "job.succeeded $id" ]
}
