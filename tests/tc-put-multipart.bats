#!/usr/bin/env bats
# tc-put --to s3:// of large files: in parts, each sent once, and nothing left behind.

load helper
load fake

setup() {
	setup_tc
	once quick.json jq '.pace.backoff = "20ms"' "$ROOT/lib/profiles/local.json"
	# 22 MiB: four parts of 5 MiB, and one of 2
	head -c 23068672 /dev/urandom >big.mp4
}

# bucket ARG...: tc-serve with these, and addresses and keys for its buckets.
bucket() {
	[ -z "${SERVE_PID-}" ] || { kill "$SERVE_PID" && until_true gone "$SERVE_PID"; }
	# on the same port: the ledger and the keys know the address
	serve --encoder "$ENCODER" --fault-on put ${TC_BASE_URL:+--port "${TC_BASE_URL##*:}"} "$@"
	SERVE_PID=$PID
	export TC_PROVIDER=./quick.json
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=$TC_LOCAL_API_KEY AWS_ENDPOINT_URL=$TC_BASE_URL
}

# put STATUS ARG...: big.mp4, in parts of 5 MiB.
put() {
	local want=$1
	shift
	gives "$want" timeout 100 tc-put --to 's3://bkt/films/{basename}' --part-size 5M "$@" big.mp4
}

# whole [UPLOADS]: the object is there, and nothing of an upload.
whole() {
	cmp state/buckets/bkt/films%2Fbig.mp4 big.mp4
	[ "$(find state/multipart -mindepth 1 | wc -l)" = 0 ]
	[ "$(jq -r '"\(.ok) \(.url) \(.size)"' out)" = "true s3://bkt/films/big.mp4 23068672" ]
	[ "$(jq -r .sha256 out)" = "$(sha256sum <big.mp4 | cut -d ' ' -f 1)" ]
}

# The first draw is a fault, and the next are not.
ONCE=(--seed 199)

@test "a large file goes in parts, a smaller one in one request" {
	bucket
	put 0
	whole
	[ "$(stats .uploads .parts .confirms .bytes_in .by_kind.put)" = "1 5 1 23068672 5" ]
	grep -q -- '-5"$' state/buckets/bkt/films%2Fbig.mp4@etag
	truncate -s 64M even.mp4
	truncate -s 67108865 over.mp4
	gives 0 tc-put --to 's3://bkt/{basename}' even.mp4
	[ "$(stats .by_kind.put)" = 6 ]
	gives 0 tc-put --to 's3://bkt/{basename}' over.mp4
	[ "$(stats .by_kind.put)" = 11 ]
	cmp state/buckets/bkt/over.mp4 over.mp4
	# no part is smaller than S3 takes
	gives 0 tc-put --to 's3://bkt/{basename}' --part-size 1K even.mp4
	[ "$(stats .by_kind.put .parts)" = "24 23" ]
}

@test "killed at any time and run again: what has arrived is not sent again, and there is one upload" {
	local n
	bucket
	for n in 2000000 7000000 9000000 16000000 22000000; do
		start_background killed tc-put -l L --limit-rate 12M --to 's3://bkt/films/{basename}' --part-size 5M big.mp4
		until_true took "$n"
		kill -9 "$PID"
		until_true gone "$PID"
	done
	put 0 -l L
	whole
	[ "$(stats .uploads .confirms)" = "1 1" ]
	# at most the part under way, at each kill
	[ "$(stats .bytes_in)" -le $((23068672 + 5 * 5242880)) ]
	put 0 -l L
	[ "$(stats .uploads .confirms)" = "1 1" ]
}

took() {
	[ "$(stats .bytes_in)" -ge "$1" ]
}

@test "parts that are refused for a time, cut or slow are sent again" {
	local fault
	for fault in status-503 reset stall slow; do
		rm -rf state/buckets
		bucket --fault $fault=0.5 "${ONCE[@]}"
		put 0 --stall 500ms
		whole
		# on a slow machine a part may stall by itself, and its repetition draws again
		[ "$(stats .uploads .confirms '.faults > 0')" = "1 1 true" ]
	done
}

@test "a completion that is answered with 200 and an error is not a success, and is sent again" {
	bucket --fault error-200=0.5 "${ONCE[@]}"
	put 0
	whole
	[ "$(stats .faults .parts .confirms)" = "1 5 1" ]
	rm -rf state/buckets
	bucket --fault error-200=1
	put 75 -l L --retries 2
	jq -e '.error.code == "unavailable" and (.error.message | contains("InternalError"))' out
	[ ! -e state/buckets/bkt/films%2Fbig.mp4 ]
	bucket
	put 0 -l L
	whole
	[ "$(stats .uploads .parts .confirms)" = "0 0 1" ]
}

@test "a completion whose response is lost: the object is looked at, and nothing is sent again" {
	bucket --fault lost-200=1
	put 0
	whole
	[ "$(stats .uploads .parts .confirms)" = "1 5 1" ]
	# the same, killed before it could look
	rm -rf state/buckets
	bucket --fault lost-200=1
	put 75 -l L --retries 0
	[ -e state/buckets/bkt/films%2Fbig.mp4 ]
	put 0 -l L
	whole
	[ "$(stats .uploads .parts .confirms)" = "1 5 1" ]
	# another object has the name meanwhile: it is not taken for ours
	rm -rf state/buckets L
	bucket --fault lost-200=1
	put 75 -l L --retries 0
	echo other >state/buckets/bkt/films%2Fbig.mp4
	rm state/buckets/bkt/films%2Fbig.mp4@etag
	bucket
	put 0 -l L
	whole
	[ "$(stats .uploads)" = 1 ]
}

@test "an upload that the bucket has forgotten starts over" {
	bucket
	start_background killed tc-put -l L --limit-rate 12M --to 's3://bkt/films/{basename}' --part-size 5M big.mp4
	until_true took 12000000
	kill -9 "$PID"
	until_true gone "$PID"
	rm -rf state/multipart/*
	put 0 -l L
	whole
	[ "$(stats .uploads .confirms)" = "2 1" ]
}

@test "what cannot become an object is aborted: refused, changed, or given up without a ledger" {
	bucket --fault status-403=0.5 --seed 7
	put 1
	[ "$(jq -r .error.code out)" = rejected ]
	[ "$(find state/multipart -mindepth 1 | wc -l)" = 0 ]
	[ "$(stats .uploads .aborts .confirms)" = "1 1 0" ]
	bucket --fault status-503=1
	put 75 --retries 0
	[ "$(find state/multipart -mindepth 1 | wc -l)" = 0 ]
	# with one, the next run resumes
	put 75 --retries 0 -l L
	[ "$(find state/multipart -mindepth 1 -type d | wc -l)" = 1 ]
	bucket
	put 0 -l L
	whole
	start_background changed tc-put --limit-rate 8M --to 's3://bkt/films/{basename}' --part-size 5M big.mp4
	until_true took $((23068672 + 6000000))
	echo more >>big.mp4
	until_true gone "$PID"
	jq -e '.error.message | contains("changed while it was read")' changed.out
	[ "$(find state/multipart -mindepth 1 | wc -l)" = 0 ]
	[ "$(stats .aborts)" = 1 ]
}

@test "a bucket that is not there, and a wrong key" {
	bucket
	gives 77 env AWS_SECRET_ACCESS_KEY=wrong tc-put --to 's3://bkt/{basename}' --part-size 5M big.mp4
	[ "$(jq -r .error.code out)" = unauthorized ]
	[ "$(stats .uploads)" = 0 ]
}
