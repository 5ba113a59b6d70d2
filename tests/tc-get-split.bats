#!/usr/bin/env bats
# tc-get --split: one file over several connections, each byte in its place.
# Slow: it is killed a dozen times on its way.

load helper
load fake

setup() {
	setup_tc
	start_background files fileserver
	until_true test -s files.out
	FILES=$(cat files.out)
}

# 8 MiB, 4 MiB a second on each connection: half a second in four pieces.
BIG=size=8388608,rate=4096

# get STATUS ARG...
get() {
	local want=$1
	shift
	gives "$want" timeout 60 tc-get -C got --stall 500ms --split 4 "$@"
}

# whole [SPEC]: the file has these bytes, and nothing is beside it.
whole() {
	fileserver --print "size=8388608${1-}" | cmp - got/a.mp4
	[ "$(find got -mindepth 1 | wc -l)" = 1 ]
}

# How many requests were for bytes from elsewhere than the beginning, answered with 206.
ranges() {
	grep -c ' bytes=[1-9][^ ]* "v1" - 206 ' files.err || true
}

# Bytes that the server has sent.
sent() {
	awk '{ n += $NF } END { print n + 0 }' files.err
}

@test "a large file comes in pieces, each with If-Range, and is checked as a whole" {
	get 0 "$FILES/$BIG,goog,digest/a.mp4"
	whole
	[ "$(ranges)" = 3 ]
	grep -q 'bytes=[0-9]*-[0-9]* "v1" - 206' files.err
	jq -e --arg sum "$(sha256sum <got/a.mp4 | cut -d ' ' -f 1)" '.bytes == 8388608 and .files[0].sha256 == $sum and .resumed == 0' out
	# the first request stops where the second's bytes begin, give or take what was on its way
	[ "$(sent)" -le $((8388608 + 4194304)) ]
}

@test "without --split, or where a file is small, its size or version not known, there is one request" {
	local spec
	timeout 60 tc-get --quiet -C got "$FILES/$BIG/a.mp4" >out
	whole
	for spec in size=1500000,rate=4096 size=3000000,rate=4096,chunked size=3000000,rate=4096,etag=weak \
		size=3000000,rate=4096,etag=none; do
		get 0 "$FILES/$spec/b.mp4"
		fileserver --print "${spec%%,*}" | cmp - got/b.mp4
		rm got/b.mp4
	done
	get 0 -j 1 "$FILES/size=4000000,rate=4096/b.mp4"
	[ "$(wc -l <files.err)" = 6 ]
}

@test "-j counts the connections of all files together" {
	get 0 -j 3 "$FILES/$BIG/a.mp4" "$FILES/size=6000000,rate=4096/b.mp4"
	fileserver --print size=8388608 | cmp - got/a.mp4
	fileserver --print size=6000000 | cmp - got/b.mp4
	[ "$(ranges)" -ge 1 ]
}

@test "a server that ignores Range: all of it comes over the first connection" {
	get 0 "$FILES/$BIG,range=ignore/a.mp4"
	whole
}

@test "pieces that are cut, hang, are reset or refused are asked for again" {
	local bad
	for bad in cut=300000,after=2,first=4 hang=300000,after=2,first=4 reset=300000,after=2,first=4 \
		status=403,after=2,first=4 status=503,after=2,first=4 cut=300000,first=1 cut=700000,first=6 reset=700000,first=6; do
		get 0 --retries 10 "$FILES/$BIG,$bad/a.mp4"
		whole
		rm got/a.mp4
	done
}

@test "ranges that begin elsewhere or have another size put no byte into a wrong place" {
	local range
	for range in early late total less parts "done"; do
		get 0 --retries 10 "$FILES/$BIG,range=$range/a.mp4"
		whole
		rm got/a.mp4
	done
}

@test "a file that changes between its pieces is fetched anew, and is one version" {
	local from spec
	for from in 2 3 4; do
		for spec in '' ,range=plain; do
			get 0 "$FILES/$BIG,then=9,from=$from$spec/a.mp4"
			whole ,seed=9
			rm got/a.mp4
		done
	done
}

@test "killed in the middle of its pieces: what they have is kept, and only the rest is fetched" {
	local n before
	for n in 1 2 3 4 5 6; do
		: >files.err
		start_background killed tc-get -C got --split 4 "$FILES/$BIG/a.mp4"
		until_true has_pieces $((n * 1000000))
		kill -9 "$PID"
		until_true gone "$PID"
		[ ! -e got/a.mp4 ]
		before=$(jq '.prefix + ([.ranges as $r | range(0; $r | length; 2) | $r[. + 1] - $r[.]] | add // 0)' got/a.mp4.part.json)
		get 0 "$FILES/$BIG/a.mp4"
		whole
		jq -e --argjson before "$before" '.resumed == $before and .resumed > 0' out
		rm got/a.mp4
	done
}

# has_pieces N: the note says that N bytes are there, some of them after a gap.
has_pieces() {
	jq -e --argjson n "$1" '.prefix + ([.ranges as $r | range(0; $r | length; 2) | $r[. + 1] - $r[.]] | add // 0) >= $n and (.ranges | length > 2)' got/a.mp4.part.json >kill.out 2>&1
}

# killed_with_gaps: a part with gaps is left.
killed_with_gaps() {
	start_background killed tc-get -C got --split 4 "$FILES/$BIG/a.mp4"
	until_true has_pieces 2000000
	kill -9 "$PID"
	until_true gone "$PID"
}

@test "a part with gaps is resumed without --split too, in order" {
	killed_with_gaps
	gives 0 timeout 60 tc-get -C got "$FILES/$BIG/a.mp4"
	whole
	jq -e '.resumed >= 2000000' out
}

@test "the pieces of a part with gaps are discarded after another version, a missing note or another boot" {
	killed_with_gaps
	cp -r got saved
	rm got/a.mp4.part.json
	get 0 "$FILES/$BIG/a.mp4"
	whole
	jq -e '.resumed == 0' out
	rm -r got && cp -r saved got
	jq -c '.boot = "x" | .have = 500000' saved/a.mp4.part.json >got/a.mp4.part.json
	get 0 "$FILES/$BIG/a.mp4"
	whole
	jq -e '.resumed == 500000' out
	rm -r got && cp -r saved got
	get 0 "$FILES/$BIG,seed=5/a.mp4"
	whole ,seed=5
	jq -e '.resumed == 0' out
}

@test "stopped by a signal: the pieces come to their end, twice ends it, and the part stays" {
	start_background stopped tc-get -C got --split 4 "$FILES/$BIG/a.mp4"
	until_true has_pieces 1000000
	kill -TERM "$PID"
	kill -TERM "$PID"
	until_true gone "$PID"
	if [ ! -e got/a.mp4 ]; then
		get 0 "$FILES/$BIG/a.mp4"
		jq -e '.resumed > 0' out
	fi
	whole
}

@test "--split expects a number from 1 to 16" {
	local n
	for n in 0 17 x -1 ''; do
		gives 64 tc-get --split "$n" "$FILES/a.mp4"
		grep -q 'tc-get: --split: expected a number from 1 to 16, got' err
	done
}
