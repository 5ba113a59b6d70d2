#!/usr/bin/env bats
# tc-serve's downloads spoilt on request, and tc-get against each: nothing
# half-written under a name, no byte of one version joined to another's.

load helper
load fake

setup() {
	setup_tc
	# its results have 400,000 bytes that repeat nowhere
	seq 100000 | head -c 400000 >whole
	cat >encoder <<-END
		#!/bin/sh
		cp '$BATS_TEST_TMPDIR/whole' "\$2"
	END
}

# serving ARG...: tc-serve with these, and a job that has ended, in ./ended.
serving() {
	if [ ! -s made ]; then
		serve --encoder "$ENCODER"
		SERVE_PID=$PID
		tc-create --quiet https://h/clip.mp4 | tc-wait --quiet --interval 20ms | tc-url --quiet >made
	fi
	kill "$SERVE_PID" && until_true gone "$SERVE_PID"
	rm -rf got
	serve --encoder "$ENCODER" --fault-on get "$@"
	SERVE_PID=$PID
	# its signature holds for the next server too, which has another port
	sed "s#http://127.0.0.1:[0-9]*/#$TC_BASE_URL/#g" made >ended
}

# The first download is spoilt, and those after it are not.
ONCE=(--seed 199)

# get STATUS ARG...: tc-get of ./ended into ./got.
get() {
	local want=$1
	shift
	gives "$want" timeout 60 tc-get -C got --stall 300ms "$@" <ended
}

# The file is there, with these bytes, and nothing beside it.
whole() {
	cmp got/clip.mp4 "${1-whole}"
	[ "$(find got -mindepth 1 | wc -l)" = 1 ]
}

# Nothing has the name.
nothing() {
	[ ! -e got/clip.mp4 ]
}

# The second version of the file: tc-serve's --change-after.
make_other() {
	serving --change-after 1
	local url
	url=$(tc-url --quiet <ended | jq -r .url)
	curl -s -o one "$url"
	curl -s -o other "$url"
	cmp one whole
	[ "$(wc -c <other)" = 400000 ]
	! cmp -s other whole
}

@test "a download that is cut, reset, stalled or refused for a time goes on to its end" {
	local fault
	for fault in truncate reset stall status-503 status-403 status-404 slow; do
		serving --fault "$fault"=0.5 "${ONCE[@]}"
		get 0
		whole
		[ "$(stats .faults)" = 1 ]
		[ $fault != truncate ] || [ "$(stats .bytes_out .ranges)" = "400000 1" ]
	done
}

@test "wrong bytes and a short length are found by each checksum, and get no name" {
	local fault
	for fault in wrong short; do
		serving --fault "$fault"=1 --checksums
		get 1
		[ "$(jq -r .error.code out)" = bad_response ]
		nothing
		[ "$(stats .by_kind.download)" = 2 ]
	done
	serving --fault wrong=0.5 --checksums "${ONCE[@]}"
	get 0
	whole
	grep -q 'fetched again' err
}

@test "compression, a redirect without an end and one to a file fail the line" {
	local fault
	for fault in gzip redirect redirect-file; do
		serving --fault "$fault"=1
		get 1 --retries 0
		[ "$(jq -r .ok out)" = false ]
		nothing
		lacks root: out err
	done
	serving --fault status-507=1
	get 75 --retries 0
	nothing
}

@test "whatever the server makes of a Range, no byte comes twice and none is missing" {
	local habit
	for habit in ignore early late total 416 no-validator weak-etag 200-on-if-range no-validator,early; do
		serving --range "$habit" --fault truncate=0.5 "${ONCE[@]}"
		get 0
		whole
		[ "$(stats '.faults == 1 and .by_kind.download > 1')" = true ]
	done
}

@test "a file that changes between two tries is one version or the other" {
	local habit
	make_other
	for habit in '' weak-etag 200-on-if-range early ignore; do
		serving --change-after 1 --fault truncate=0.5 "${ONCE[@]}" ${habit:+--range $habit}
		get 0
		whole other
	done
	# nothing but its checksum tells the versions apart
	serving --change-after 1 --fault truncate=0.5 "${ONCE[@]}" --range no-validator --checksums
	get 0
	whole other
}

@test "no server suggests a name" {
	serving --disposition ../../evil.mp4
	get 0
	whole
	[ ! -e evil.mp4 ] && [ ! -e ../evil.mp4 ]
	curl -s -o body -D - "$(tc-url --quiet <ended | jq -r .url)" | grep -qi '^Content-Disposition: attachment; filename="../../evil.mp4"'
}

@test "the counters tell bytes out, ranges, and requests by kind" {
	serving --checksums
	get 0
	tc-url --quiet <ended >url
	curl -s -o part -r 100-199 "$(jq -r .url url)"
	[ "$(wc -c <part)" = 100 ]
	[ "$(stats .bytes_out .ranges .by_kind.download)" = "400100 1 2" ]
	tc-create --quiet https://h/b.mp4 | tc-wait --quiet >out
	[ "$(stats '.by_kind | .create == 1 and .get >= 2 and .put == 0')" = true ]
	local sum
	sum=$(openssl dgst -sha256 -binary whole | base64)
	curl -s -I "$(jq -r .url url)" | tr -d '\r' | grep -qxi "Repr-Digest: sha-256=:$sum:"
}

@test "tc-get --split: the connections of all pieces together are -j" {
	seq 1000000 | head -c 4000000 >whole
	serving --fault slow=1
	get 0 --split 4 -j 3
	whole
	[ "$(stats .max_in_flight .ranges)" = "3 2" ]
}

@test "--fault, --range and the like name what they expect" {
	gives 64 tc-serve --range sideways
	grep -q 'expected ignore, early, late, total, 416, no-validator, weak-etag or 200-on-if-range' err
	gives 64 tc-serve --disposition $'a\nb'
	gives 64 tc-serve --fault sideways=1
	grep -q 'redirect-file' err
}
