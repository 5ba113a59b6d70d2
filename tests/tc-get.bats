#!/usr/bin/env bats
# tc-get: what is under a name is whole, verified, and of one version.
# The servers are fileserver, which does badly what the path says, and tc-serve.
# Slow: it is killed a dozen times on its way.

load helper
load fake

# Starts fileserver; FILES is its URL, files.err its log.
files() {
	start_background files fileserver
	until_true test -s files.out || return
	FILES=$(cat files.out)
}

# get STATUS ARG...: tc-get into ./got, with short waits.
get() {
	local want=$1
	shift
	gives "$want" timeout 60 tc-get -C got --stall 500ms "$@"
}

# holds FILE SPEC: it has the bytes of that.
holds() {
	fileserver --print "$2" | cmp - "$1"
}

# asked WORD: how many requests had it in their path.
asked() {
	grep -c -- "$1" files.err || true
}

# No part is left, nor a note.
no_parts() {
	[ -z "$(find got -name '*.part*')" ]
}

# killed_at N ARG...: tc-get, killed (-9) once its part has N bytes.
killed_at() {
	local n=$1
	shift
	start_background killed tc-get -C got "$@"
	until_true has_bytes "$n"
	kill -9 "$PID"
	until_true gone "$PID"
}

has_bytes() {
	[ "$(cat got/*.part 2>/dev/null | wc -c)" -ge "$1" ] && [ -n "$(find got -name '*.part.json')" ]
}

@test "one odd answer about the outputs of a job that succeeded is asked for again" {
	local body
	files
	setup_fake
	for body in '{}' '[]' '{"url":null}'; do
		fake --fault status:200 --body "$body" --on url --first 2 \
			--fault status:200 --body "{\"url\":\"$FILES/size=300/clip.mp4\"}" --on url
		rm -rf got
		jq -nc '{ok: true, provider: "ffmpeg-micro", id: "job_1", state: "succeeded"}' | get 0
		holds "$(jq -r .file out)" size=300
	done
	fake --fault status:200 --body '{}' --on url
	echo job_1 | get 1 --retries 2
	[ "$(outcome)" = bad_response ]
}

@test "a URL's file, its record, and nothing beside it" {
	files
	get 0 "$FILES/size=300000/clip.mp4?sig=secret"
	holds got/clip.mp4 size=300000
	sum=$(sha256sum <got/clip.mp4 | cut -d ' ' -f 1)
	jq -e --arg sum "$sum" '.ok and .file == "got/clip.mp4" and .bytes == 300000 and .resumed == 0 and .seconds >= 0 and
		.files == [{path: "got/clip.mp4", size: 300000, sha256: $sum, n: 1}]' out
	no_parts
	[ "$(find got -mindepth 1 | wc -l)" = 1 ]
	lacks secret err
	get 0 -v "$FILES/size=0/none.mp4?sig=secret"
	[ -f got/none.mp4 ] && [ ! -s got/none.mp4 ]
	lacks secret err
	grep -q 'none.mp4: 0 bytes' err
}

@test "a job that ended: its URL is asked for, or is in the record; the key is for the service alone" {
	fake --log requests
	tc-create --quiet https://h/a https://h/b | tc-wait --quiet >ended
	get 0 <ended
	[ "$(jq -r .file out | xargs)" = "got/a.mp4 got/b.mp4" ]
	[ "$(stats .urls)" = 2 ]
	tc-url --quiet <ended >urls
	get 0 --exists replace <urls
	[ "$(stats .urls)" = 4 ]
	grep ' GET /files/' requests >gets
	[ "$(wc -l <gets)" = 4 ]
	lacks -i authorization gets
	get 0 -o '{id}.{ext}' "$(jq -r .id ended | head -n 1)"
	[ -s "got/$(jq -r .id ended | head -n 1).mp4" ]
}

@test "several outputs have numbers, each with its own file" {
	fake
	service transcodely
	tc-create --quiet https://h/two | tc-wait --quiet | get 0
	jq -e '[.files[].path] == ["got/two-1.mp4", "got/two-2.mp4"] and .file == "got/two-1.mp4" and [.files[].n] == [1, 2]' out
	tc-create --quiet https://h/partial | tc-wait --quiet --accept-partial | get 0 -o 'p-{n}'
	[ -s got/p-1 ]
	tc-create --quiet https://h/two | tc-wait --quiet | get 1 -o 'same'
	jq -e '.error.code == "invalid_input" and (.error.message | contains("{n}"))' out
}

@test "a transfer that fails resumes where it was" {
	files
	local spec
	for spec in size=300000,cut=50000,first=3 size=300000,reset=90000,first=2 size=90000,hang=5000,first=1 \
		size=300000,longer=10,first=1 size=90000,chunked,cut=20000,first=1 size=5000,status=503,first=2 \
		size=300000,cut=100000,first=1,etag=weak,modified=none size=300000,cut=100000,first=1,etag=none,modified=none \
		size=300000,cut=100000,first=1,etag=none; do
		get 0 "$FILES/$spec/a.mp4"
		holds got/a.mp4 "${spec%%,*}"
		rm got/a.mp4
	done
	no_parts
	grep -qF 'cut=50000,first=3/a.mp4 bytes=100000- "v1" - 206' files.err
	grep -qF 'etag=weak,modified=none/a.mp4 bytes=100000- - - 206' files.err
	grep -qF 'etag=none/a.mp4 bytes=100000- Wed, 21 Oct 2020 07:28:01 GMT - 206' files.err
}

@test "a server that does not obey Range: no byte comes twice and none is missing" {
	files
	local spec
	for spec in ignore early late total less less,chunked parts "done"; do
		get 0 "$FILES/size=400000,cut=150000,first=2,range=$spec/$spec.mp4"
		holds "got/$spec.mp4" size=400000
	done
	no_parts
}

@test "a file that is begun anew each time makes no progress, and is given up" {
	files
	local spec
	for spec in range=ignore range=total; do
		get 75 --retries 2 "$FILES/size=3000000,cut=1500000,$spec/a.mp4"
		[ "$(grep -c "cut=1500000,$spec/" files.err)" -le 6 ]
		[ ! -e got/a.mp4 ]
		rm got/a.mp4.part*
	done
}

@test "what neither a size nor a validator tells is fetched from its start" {
	files
	for weak in etag=none etag=weak; do
		get 0 "$FILES/size=300000,chunked,cut=100000,first=1,then=2,from=2,$weak,modified=none/$weak.mp4"
		holds "got/$weak.mp4" size=300000,seed=2
		[ "$(grep -c "$weak,modified=none/.* - - - 200" files.err)" = 2 ]
	done
}

@test "a length that no file can have fails its line, and the rest goes on" {
	files
	fallocate -l 1000000000000000000 probe 2>&1 | grep -q 'File too large' || skip "this file system has no such limit"
	get 1 "$FILES/size=2000000,longer=1000000000000000000/a.mp4" "$FILES/b.mp4"
	jq -se '.[0].error | .code == "rejected" and (.message | contains("more bytes than a file can have"))' out
	jq -se '.[1].ok' out
	[ ! -e got/a.mp4 ]
	no_parts
}

@test "a file that changes between two tries is one version or the other" {
	files
	local spec n=0
	for spec in '' ,etag=none ,etag=weak ,etag=same ,range=plain ,range=plain,etag=weak,modified=none; do
		get 0 "$FILES/size=400000,cut=150000,first=1,then=9,from=2$spec/$((n += 1)).mp4"
		holds "got/$n.mp4" size=400000,seed=9
	done
}

@test "checksums: a wrong file is fetched once more, and then refused" {
	files
	local sum
	for sum in goog md5 digest amz; do
		get 0 "$FILES/size=70000,$sum,wrong,first=1/$sum.mp4"
		holds "got/$sum.mp4" size=70000
		get 1 "$FILES/size=70000,$sum,wrong/$sum-bad.mp4"
		jq -e '.error.code == "bad_response" and .error.temporary == false' out
		[ "$(asked "$sum-bad")" = 2 ]
		[ ! -e "got/$sum-bad.mp4" ]
	done
	get 0 "$FILES/size=200000,goog,cut=90000,first=1/resumed.mp4"
	get 0 "$FILES/size=200000,md5,cut=90000,first=1/resumed-md5.mp4"
	no_parts
}

@test "the size that the service gives is checked" {
	fake
	jq '.url.size = "/size"' ffmpeg-micro.json >sized.json
	fake --fault status:200 --on url --body '{"url":"'"$API"'/files/0.mp4","size":"12345"}'
	jq '.url.size = "/size"' ffmpeg-micro.json >sized.json
	files
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/size=500/x.mp4","size":"501"}'
	get 1 -p ./sized.json job_1
	jq -e '.error.code == "bad_response" and (.error.message | contains("size"))' out
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/size=500/x.mp4","size":500}'
	get 0 -p ./sized.json job_1
	holds got/job_1.mp4 size=500
}

@test "redirects: five of them, to http and https; compression is refused" {
	files
	get 1 "$FILES/file/a.mp4" "$FILES/loop/b.mp4" "$FILES/gzip/c.mp4"
	[ "$(jq -r .error.code out | xargs)" = "unavailable unavailable bad_response" ]
	jq -se 'all(.error.temporary == false)' out
	[ "$(asked '/loop/')" = 6 ]
	[ -z "$(ls got)" ]
	get 75 --retries 0 "$FILES/https/d.mp4"
}

@test "refusals: temporary where the URL may have expired, permanent elsewhere" {
	files
	get 1 --retries 1 "$FILES/status=404/a.mp4" "$FILES/status=403/b.mp4?sig=1" "$FILES/status=500/c.mp4" "$FILES/status=418/d.mp4"
	[ "$(jq -r '.error | [.code, .http, .temporary] | join(" ")' out | xargs)" = \
		"rejected 404 false unavailable 403 true unavailable 500 true rejected 418 false" ]
	get 75 --max-wait 1s "$FILES/status=429,retry=100/e.mp4"
	[ "$(jq .error.retry_after out)" = 100 ]
	[ "$(asked e.mp4)" = 1 ]
	get 0 --retries 1 "$FILES/status=429,first=4/f429.mp4"
	get 75 --retries 1 --max-throttle 1s "$FILES/status=429/always.mp4"
	[ "$(jq -r .error.code out)" = throttled ]
	rm -r got
	get 1 --max-size 1K "$FILES/size=1025/f.mp4" "$FILES/size=1025,chunked/g.mp4" "$FILES/size=1024/h.mp4"
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "rejected rejected ok" ]
	get 1 gs://bucket/x s3://bucket/y ftp://h/z
	jq -se 'all(.error.code == "rejected")' out
}

@test "names: none leads out of -C, and no server chooses one" {
	files
	mkdir -p got outside
	ln -s ../outside got/link
	get 1 -o 'link/{stem}.{ext}' "$FILES/size=5/a.mp4"
	jq -e '.error.code == "invalid_input"' out
	[ -z "$(ls gotside)" ]
	ln -s ../outside/b.mp4.part got/b.mp4.part
	get 1 "$FILES/size=5/b.mp4"
	jq -e '.error.message | startswith("cannot open the part of got/b.mp4: ")' out
	[ -z "$(ls gotside)" ]
	rm got/b.mp4.part
	get 64 -o ../x "$FILES/size=5/a.mp4"
	get 64 -o /tmp/x "$FILES/size=5/a.mp4"
	printf '%s\n' '{"ok":true,"url":"'"$FILES"'/size=5/c.mp4","input":"d/my \"film\".mov","x":"../../p","y":"/etc/q","z":"a\u0000\nb\u0085c","n":7}' >line
	for name in '{/x}' '{/y}' '{/z}' '{dir}/{stem}-{/n}.{ext}' '{basename}'; do
		get 0 -o "$name" <line
		jq -r .file out
	done >names
	printf '%s\n' got/_../_../p got/_/etc/q got/abc 'got/d/my "film"-7.mp4' 'got/my "film".mov' | diff - names
	get 0 "$FILES/size=5/-rf" "$FILES/size=5/.hidden" "$FILES/size=5/%2e%2e%2f%0a%ffe.mp4" "$FILES/size=5/"
	jq -r .file out | diff - <(printf '%s\n' got/_-rf got/_.hidden got/_.._e.mp4 got/output)
	[ "$(find . -name 'evil*' | wc -l)" = 0 ]
	get 0 "$FILES/size=5/$(printf 'n%.0s' {1..400}).mp4"
	[[ "$(jq -r .file out)" =~ ^got/n{251}\.mp4$ ]]
	get 1 -o '{/nothing}' <line
	jq -e '.error.code == "invalid_input" and (.error.message | contains("{/nothing}"))' out
}

@test "two lines with one name: the second fails and names the first" {
	files
	get 1 "$FILES/size=5/a.mp4" "$FILES/size=6/a.mp4" "$FILES/size=7/a.mp4.part" "$FILES/size=8,type=video+mp4/a"
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok invalid_input invalid_input invalid_input" ]
	jq -se '.[1:] | all(.error.message | contains("line 1 "))' out
	holds got/a.mp4 size=5
}

@test "the extension comes from the Content-Type where the address has none" {
	files
	get 0 "$FILES/size=5,type=video+webm/a" "$FILES/size=6,type=text+x/b" "$FILES/size=0,type=audio+mpeg/c"
	[ "$(jq -r .file out | xargs)" = "got/a.webm got/b got/c.mp3" ]
	[ "$(wc -l <files.err)" = 3 ]
	get 0 --exists skip "$FILES/size=5,type=video+webm/a"
	holds got/a.webm size=5
}

@test "--exists: fail, skip what is the same, replace" {
	files
	mkdir got
	echo mine >got/a.mp4
	get 1 "$FILES/size=500/a.mp4"
	jq -e '.error.code == "exists" and .error.temporary == false' out
	[ "$(cat got/a.mp4)" = mine ]
	no_parts
	[ "$(wc -l <files.err)" = 0 ]
	get 0 --exists replace "$FILES/size=500/a.mp4"
	holds got/a.mp4 size=500
	touch -d '2020-01-01' got/a.mp4
	get 0 --exists skip "$FILES/size=500/a.mp4"
	[ "$(stat -c %Y got/a.mp4)" = "$(date -d 2020-01-01 +%s)" ]
	grep -q '/a.mp4 bytes=500- - - 416 0' files.err
	get 0 --exists skip "$FILES/size=500,range=ignore/a.mp4"
	[ "$(stat -c %Y got/a.mp4)" = "$(date -d 2020-01-01 +%s)" ]
	echo '{"ok":true,"url":"'"$FILES"'/size=500,seed=3/a.mp4","job":{"created_at":"2024-01-01T00:00:00Z"}}' | get 0 --exists skip
	holds got/a.mp4 size=500,seed=3
	get 0 --exists skip "$FILES/size=700/a.mp4"
	holds got/a.mp4 size=700
	get 0 --exists skip "$FILES/size=300/a.mp4"
	holds got/a.mp4 size=300
	mkdir got/d.mp4
	get 1 --exists replace "$FILES/size=500/d.mp4"
	jq -e '.error.code == "exists"' out
	no_parts
}

@test "killed in the middle and run again: only the rest is fetched, and once done nothing is" {
	files
	local url=$FILES/size=3000000,hang=1000000,first=1/k.mp4
	killed_at 1000000 -l L "$url?sig=1"
	[ ! -e got/k.mp4 ]
	[ "$(stat -c %a got/k.mp4.part)" = 600 ]
	jq -e '.v == 1 and .n == 1 and .size == 3000000 and .etag == "\"v1\"" and has("modified") and has("have")' got/k.mp4.part.json
	lacks sig= got/k.mp4.part.json
	get 0 -l L "$url?sig=2"
	holds got/k.mp4 size=3000000
	no_parts
	jq -e '.resumed == 1000000' out
	grep -q 'k.mp4 bytes=1000000- "v1" - 206 2000000' files.err
	[ "$(stat -c %a got/k.mp4)" = "$(printf %o $((0666 & ~$(umask))))" ]
	jq -e 'select(.t == "done") | .n == 1 and .size == 3000000 and (.sha256 | length == 64) and (.path | endswith("/got/k.mp4"))' L
	get 0 -l L "$url?sig=3"
	jq -e '.ok and .file == "got/k.mp4" and .bytes == 3000000 and (.files[0].sha256 | length == 64)' out
	[ "$(asked k.mp4)" = 2 ]
	rm got/k.mp4
	get 0 -l L "$url?sig=3"
	[ "$(asked k.mp4)" = 3 ]
}

@test "a part of another version or output, or without its note, is not resumed" {
	files
	killed_at 100000 "$FILES/size=300000,hang=100000,first=1,then=5,from=2/a.mp4"
	get 0 "$FILES/size=300000,hang=100000,first=1,then=5,from=2/a.mp4"
	holds got/a.mp4 size=300000,seed=5
	killed_at 100000 "$FILES/size=300000,hang=100000,first=1/b.mp4"
	get 0 "$FILES/size=400000,seed=4/b.mp4"
	holds got/b.mp4 size=400000,seed=4
	killed_at 100000 "$FILES/size=300000,seed=6,hang=100000,first=1/c.mp4"
	rm got/c.mp4.part.json
	get 0 "$FILES/size=300000,seed=6,hang=100000,first=1/c.mp4"
	holds got/c.mp4 size=300000,seed=6
	grep -q 'seed=6,hang=100000,first=1/c.mp4 - - - 200 300000' files.err
	no_parts
}

@test "the note of another output is gone before a byte of this one is asked for" {
	files
	killed_at 100000 "$FILES/size=300000,seed=4,hang=100000,first=1/a.mp4"
	start_background other tc-get -C got "$FILES/size=300000,status=503,retry=30,first=1/a.mp4"
	until_true grep -q 'retry=30,first=1/a.mp4' files.err
	[ -e got/a.mp4.part ] && [ ! -e got/a.mp4.part.json ]
	kill -9 "$PID"
	until_true gone "$PID"
	get 0 "$FILES/size=300000,seed=4,hang=100000,first=1/a.mp4"
	holds got/a.mp4 size=300000,seed=4
	no_parts
}

@test "the note of other bytes is durably gone before new ones are written" {
	local old new
	strace -qq -o trace true 2>/dev/null || skip "no strace here"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which cannot be traced
	files
	# another output, another version
	while read -r old new; do
		killed_at 100000 "$FILES/size=300000,$old"
		gives 0 strace -f -qq -o trace -e trace=unlinkat,fsync,pwrite64 tc-get -C got "$FILES/size=300000,$new"
		awk '/unlinkat\(.*(part.json"|0x[0-9a-f]+), 0\) * = 0$/ { gone = owed = 1 } /fsync/ { owed = 0 } /pwrite64/ && owed { bad = 1 }
			END { exit bad || !gone }' trace || { cut -c1-100 trace; false; }
	done <<-END
		seed=4,hang=100000,first=1/a.mp4 seed=5/a.mp4
		hang=100000,first=1,then=5,from=2/b.mp4 hang=100000,first=1,then=5,from=2/b.mp4
	END
}

@test "a name is given in one step, and in two if the ledger is written in between" {
	strace -qq -o trace true 2>/dev/null || skip "no strace here"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which cannot be traced
	files
	gives 0 strace -f -qq -o trace -e trace=linkat,renameat2 tc-get -C got "$FILES/size=5/a.mp4"
	grep -q 'renameat2.*NOREPLACE) = 0' trace || skip "this file system cannot rename so"
	lacks linkat trace
	gives 0 strace -f -qq -o trace -e trace=linkat,renameat2 tc-get -l L -C got "$FILES/size=5/b.mp4"
	grep -q 'linkat.* = 0' trace
}

@test "killed between the last byte and the name: nothing is fetched again" {
	files
	killed_at 100000 -l L "$FILES/size=100001,hang=100000,first=1/a.mp4"
	fileserver --print size=100001 >got/a.mp4.part
	get 0 -l L "$FILES/size=100001,hang=100000,first=1/a.mp4"
	holds got/a.mp4 size=100001
	grep -q 'a.mp4 bytes=100001- "v1" - 416 0' files.err
	# with both of its names
	ln got/a.mp4 got/a.mp4.part
	get 0 "$FILES/size=100001,hang=100000,first=1/a.mp4"
	no_parts
	[ "$(asked a.mp4)" = 2 ]
}

@test "two runs on one file: one fetches it, the other reports that" {
	files
	start_background one tc-get -C got "$FILES/size=300000,hang=100000,first=1/a.mp4"
	until_true has_bytes 100000
	get 75 "$FILES/size=300000,hang=100000,first=1/a.mp4"
	jq -e '.error.code == "unavailable" and (.error.message | contains("another"))' out
	kill -9 "$PID"
}

@test "a URL that expires is asked for again, once for each time that it worked" {
	files
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/size=300000,status=403,first=2/x.mp4"}'
	get 0 job_1
	holds got/job_1.mp4 size=300000
	[ "$(stats .urls)" = 3 ]
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/size=300000,status=410/never.mp4"}'
	get 1 job_2
	jq -e '.error.code == "rejected" and .error.http == 410' out
	[ "$(stats .urls)" = 4 ]
	# one that ends soon is not used at all; one that never lives long is
	echo '{"ok":true,"provider":"ffmpeg-micro","id":"job_3","url":"'"$FILES"'/status=403/old.mp4","expires":"'"$(date -u -d '+30 seconds' +%Y-%m-%dT%H:%M:%SZ)"'"}' >soon
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/size=30/new.mp4"}'
	jq '.url.ttl = "20s"' ffmpeg-micro.json >short.json
	get 0 -p ./short.json <soon
	[ "$(asked old.mp4)" = 0 ]
	[ "$(stats .urls)" = 1 ]
}

@test "a full disk is 74 with the number of missing bytes, and the part is kept" {
	files
	run -74 bash -c 'ulimit -f 100; tc-get -C got "$0/size=300000/a.mp4" "$0/size=10/b.mp4"' "$FILES"
	[[ $output == *"the disk is full: got/a.mp4: 197600 bytes are missing"* ]] || false
	[ "$(stat -c %s got/a.mp4.part)" = 102400 ]
	[ ! -e got/a.mp4 ]
	mkdir few
	if mount -t tmpfs -o nr_inodes=2 tmpfs few 2>mount.err; then # its root, and one file
		gives 74 tc-get -C few "$FILES/size=300000/a.mp4" "$FILES/size=300000/b.mp4" || bad=1
		umount few
		[ -z "${bad:-}" ]
		grep -qx 'tc-get: the disk is full: few/b.mp4: it can have no more files: remove some and run again' err
	fi
	run -74 tc-get -C got/a.mp4.part x
	run -74 bash -c 'tc-get -C got "$0/size=10/c.mp4" >/dev/full' "$FILES"
}

# meddle COMMAND...: run for the part while it grows; what has the name at last is whole.
meddle() {
	rm -rf got
	start_background get tc-get -C got "${split[@]}" "$FILES/size=3000000,rate=2000/a.mp4"
	until_true has_bytes 300000
	"$@"
	wait "$PID"
	holds got/a.mp4 size=3000000
	no_parts
}

@test "a part that another program cuts, extends or replaces is begun anew" {
	local split=()
	files
	meddle truncate -s 100000 got/a.mp4.part
	meddle truncate -s 0 got/a.mp4.part
	meddle truncate -s +77 got/a.mp4.part
	meddle cp --remove-destination files.out got/a.mp4.part
	meddle rm got/a.mp4.part
	split=(--split 3)
	meddle truncate -s 100000 got/a.mp4.part
	meddle truncate -s 4000000 got/a.mp4.part
}

@test "what another process is fetching, or is no part at all, is left alone" {
	files
	start_background first tc-get -C got "$FILES/size=3000000,rate=2000/a.mp4"
	first=$PID
	until_true has_bytes 300000
	get 75 "$FILES/size=3000000,rate=2000/a.mp4"
	jq -e '.error.code == "unavailable" and (.error.message | startswith("another tc-get is fetching"))' out
	[ -e got/a.mp4.part ] && [ -e got/a.mp4.part.json ]
	wait "$first"
	holds got/a.mp4 size=3000000
	[ "$(grep -c a.mp4 files.err)" = 1 ]
	mkfifo got/b.mp4.part
	get 1 "$FILES/size=5/b.mp4"
	[ -p got/b.mp4.part ]
}

@test "bad lines are each reported, and failed ones pass" {
	files
	printf '%s\n' null '{' '{"ok":true}' '{"ok":false,"n":1.0}' '{"ok":true,"id":"x","state":"running"}' '{"ok":true,"id":"..","url":null}' \
		'{"ok":true,"id":"x","provider":"other"}' >lines
	get 1 <lines
	[ "$(jq -r '.error.code // "-"' out | xargs)" = "invalid_input invalid_input invalid_input - invalid_input invalid_input invalid_input" ]
	grep -qxF '{"ok":false,"n":1.0}' out
}

@test "a bare address needs no key; a job does" {
	files
	unset FFMPEG_MICRO_API_KEY
	get 0 "$FILES/size=10/a.mp4"
	get 78 "$FILES/size=10/b.mp4" job_1
	grep -q 'set FFMPEG_MICRO_API_KEY' err
}

@test "stopped: what is under way may finish, twice ends it, and its part stays" {
	files
	start_background stopped tc-get -C got -j 1 "$FILES/size=300000,hang=100000,first=1/a.mp4" "$FILES/size=10/b.mp4"
	until_true has_bytes 100000
	kill -TERM "$PID"
	until_true grep -q 'stopping' stopped.err
	kill -TERM "$PID"
	until_true gone "$PID"
	[ "$(jq -r .error.code stopped.out | xargs)" = "interrupted not_attempted" ]
	[ "$(stat -c %s got/a.mp4.part)" = 100000 ]
	get 0 "$FILES/size=300000,hang=100000,first=1/a.mp4"
	grep -q 'a.mp4 bytes=100000- "v1" - 206 200000' files.err
}

@test "through tc-serve, from sources to files, twice with one ledger" {
	serve --encoder "$ENCODER"
	tc-create -l L --quiet https://h/one.mov https://h/two.mov | tc-wait -l L --quiet | get 0 -l L
	grep -qx 'made from https://h/one.mov' got/one.mp4
	before=$(stat -c '%i %Y' got/one.mp4)
	tc-create -l L --quiet https://h/one.mov https://h/two.mov | tc-wait -l L --quiet | get 0 -l L
	[ "$before" = "$(stat -c '%i %Y' got/one.mp4)" ]
	[ "$(jq -r .file out | xargs)" = "got/one.mp4 got/two.mp4" ]
}

@test "5,000 small files in order, with a bounded number open" {
	files
	seq 5000 | sed "s,.*,$FILES/size=2000\,seed=&/&.mp4," >urls
	sanitized || ulimit -n 64
	get 0 -j 8 --quiet <urls
	[ "$(jq -r .file out | sed 's,.*/\(.*\).mp4,\1,' | paste -sd ' ')" = "$(seq -s ' ' 5000)" ]
	[ "$(find got -type f | wc -l)" = 5000 ]
	holds got/4321.mp4 size=2000,seed=4321
}

@test "a slow disk holds up the next files, and descriptors do not run out" {
	strace -qq -o trace true 2>/dev/null || skip "no strace here"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which cannot be traced
	files
	seq 100 | sed "s,.*,$FILES/size=2000\,seed=&/&.mp4," >urls
	sanitized || ulimit -n 64
	gives 0 strace -f -qq -o trace -e trace=fdatasync -e inject=fdatasync:delay_enter=10000 tc-get -C got -o "{index}/{stem}.{ext}" -j 8 --quiet <urls
	[ "$(find got -type f | wc -l)" = 100 ]
	# more at a time than there are descriptors for: fewer at a time
	rm -r got
	get 0 -j 500 <urls
	sanitized || grep -q '^tc-get: -j 500: only [0-9]* files at a time: .*ulimit -n' err
}

@test "a disk that fails under a large file: never named, and whole by the next run" {
	strace -qq -o trace true 2>/dev/null || skip "no strace here"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # which cannot be traced
	files
	local size
	for size in 100000000 30000000; do # while it comes (each 64 MiB), and at its end
		gives 74 strace -f -qq -o trace -e trace=fdatasync -e inject=fdatasync:error=EIO:when=1 \
			tc-get -C got "$FILES/size=$size/$size.mp4"
		grep -qx "tc-get: cannot sync got/$size.mp4: Input/output error" err
		[ ! -e "got/$size.mp4" ] && [ -e "got/$size.mp4.part" ]
		! grep -q '"have":[1-9]' "got/$size.mp4.part.json" # nothing of it is said to be durable
		gives 0 tc-get -C got "$FILES/size=$size/$size.mp4"
		holds "got/$size.mp4" "size=$size"
	done
}

# hls DIR: a set to serve: two variants, sound, keys, one file in ranges, a list of I-frames.
hls() {
	local v
	mkdir -p "$1"/v0 "$1"/v1 "$1"/audio "$1"/keys
	printf '%s\n' '#EXTM3U' '#EXT-X-VERSION:6' '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="A, B=C,",URI="audio/a.m3u8"' \
		'#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="c",INSTREAM-ID="CC1"' \
		'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="v0/iframes.m3u8"' \
		'#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1,mp4a"' v0/index.m3u8 '#EXT-X-STREAM-INF:BANDWIDTH=2' ./v1/index.m3u8 \
		'#EXT-X-STREAM-INF:BANDWIDTH=3,AUDIO="b"' v0/index.m3u8 >"$1"/master.m3u8
	sed -i 's/$/\r/' "$1"/master.m3u8
	for v in v0 v1; do
		printf '%s\n' '#EXTM3U' '#EXT-X-KEY:METHOD=AES-128,URI="k.bin",IV=0x1' '#EXTINF:4,' 0.ts '#EXT-X-GAP' '#EXTINF:4,' gone.ts \
			'#EXT-X-KEY:METHOD=NONE' '' '#EXTINF:4, a title' 'part 1.ts' '#EXT-X-ENDLIST' >"$1/$v/index.m3u8"
		fileserver --print size=16,seed=3 >"$1/$v/k.bin"
		fileserver --print size=70000,seed=4 >"$1/$v/0.ts"
		fileserver --print size=80000,seed=5 >"$1/$v/part 1.ts"
	done
	printf '%s\n' '#EXTM3U' '#EXT-X-I-FRAMES-ONLY' '#EXTINF:4,' '#EXT-X-BYTERANGE:10@0' 0.ts >"$1"/v0/iframes.m3u8
	printf '%s\n' '#EXTM3U' '#EXT-X-MAP:URI="all.mp4",BYTERANGE="100@0"' '#EXTINF:1,' '#EXT-X-BYTERANGE:100@100' all.mp4 \
		'#EXTINF:1,' '#EXT-X-BYTERANGE:100@200' all.mp4 '#EXT-X-ENDLIST' >"$1"/audio/a.m3u8
	fileserver --print size=300,seed=6 >"$1"/audio/all.mp4
	rm -d "$1"/keys
}

# refuses PATTERN LINE...: a playlist with these lines fails its line, once, and leaves nothing.
refuses() {
	local pattern=$1
	shift
	mkdir -p bad
	printf '%s\n' '#EXTM3U' "$@" >bad/master.m3u8
	rm -rf got
	get 1 "$FILES/tree=bad/master.m3u8"
	jq -e --arg p "$pattern" '.error.code == "bad_response" and .error.temporary == false and (.error.message | contains($p))' out
	[ "$(grep -c '^tc-get: line 1' err)" = 1 ]
	[ -z "$(find got -mindepth 1)" ]
}

@test "a playlist: all that it names, under the names it has, its own file last" {
	hls set
	files
	echo '{"ok":true,"input":"s3://b/films/clip.mov","url":"'"$FILES"'/tree=set/master.m3u8?sig=1"}' >line
	get 0 -v <line
	diff -r set got/clip
	no_parts
	jq -e '.file == "got/clip/master.m3u8" and (.files | length) == 12 and (.files[0].path == .file) and
		all(.files[]; .n == 1 and (.sha256 | length) == 64) and .bytes == ([.files[].size] | add)' out
	[ "$(asked all.mp4)" = 1 ] && [ "$(asked v0/index.m3u8)" = 1 ] && [ "$(asked gone.ts)" = 0 ]
	lacks sig= err
	rm -r got
	get 0 --playlist alone <line
	[ "$(jq -r .file out)" = got/clip.m3u8 ]
	cmp set/master.m3u8 got/clip.m3u8
	[ "$(find got -type f | wc -l)" = 1 ]
	get 0 -o 'x/{stem}.{ext}' <line
	cmp set/v1/0.ts got/x/v1/0.ts
	[ -s got/x/clip.m3u8 ]
	get 0 -o 'all/' "$FILES/size=10/a.mp4" "$FILES/tree=set/v0/index.m3u8"
	[ "$(jq -r .file out | xargs)" = "got/all/a.mp4 got/all/index.m3u8" ]
}

@test "a playlist's names: queries and addresses below it are cut, others fail the line" {
	files
	mkdir -p set/v0 set/v1
	printf '%s\n' '#EXTM3U' '#EXT-X-STREAM-INF:B=1' 'v0/i.m3u8?t=1#x' '#EXT-X-STREAM-INF:B=2' "$FILES/tree=set/v1/i.m3u8" >set/master.m3u8
	printf '%s\n' '#EXTM3U' '#EXT-X-KEY:METHOD=AES-128,URI="k?a=b&c"' 'a.ts?sig=%2F' '/tree=set/v1/b.ts' >set/v0/i.m3u8
	printf '%s\n' '#EXTM3U' "$(sed 's,http:,,' <<<"$FILES")/tree=set/v1/b.ts?x" >set/v1/i.m3u8
	echo a >set/v0/a.ts
	echo b >set/v1/b.ts
	echo k >set/v0/k
	refuses 'differ in what is behind their "?"' 'a.ts?x=1' 'a.ts?x=2'
	sed -i 's/b.ts?x$/b.ts/' set/v1/i.m3u8
	get 0 -l L "$FILES/tree=set/master.m3u8"
	cmp set/v0/a.ts got/master/v0/a.ts
	cmp set/v1/b.ts got/master/v1/b.ts
	printf '%s\n' '#EXTM3U' '#EXT-X-STREAM-INF:B=1' v0/i.m3u8 '#EXT-X-STREAM-INF:B=2' v1/i.m3u8 | diff - got/master/master.m3u8
	printf '%s\n' '#EXTM3U' '#EXT-X-KEY:METHOD=AES-128,URI="k"' a.ts ../v1/b.ts | diff - got/master/v0/i.m3u8
	jq -c '.files | map(del(.sha256))' out >before
	requests=$(wc -l <files.err)
	get 0 -l L "$FILES/tree=set/master.m3u8"
	jq -c '.files | map(del(.sha256))' out | diff before -
	[ "$(wc -l <files.err)" = "$requests" ]
	rm got/master/v1/b.ts got/master/master.m3u8
	get 0 --exists skip -l L "$FILES/tree=set/master.m3u8"
	cmp set/v1/b.ts got/master/v1/b.ts
}

@test "a playlist with a hostile name: one line says so, and nothing is written" {
	files
	local name
	for name in ../../x ..%2f..%2fx %2e%2e/x a/../../x /etc/passwd http://other/x //other/x https://other/ file:///etc/passwd \
		data:text/plain,x .hidden a/.git/config a//b x/ 'a\..\b' '?' '{$x}' $'a\x01b' "$FILES/size=1/x" "${FILES}0/tree=bad/x.ts"; do
		refuses "master.m3u8 names \"" "$name"
		refuses "master.m3u8 names \"" "#EXT-X-KEY:METHOD=AES-128,URI=\"$name\""
	done
	refuses "over 255 bytes" "a/$(printf '%0256d' 0)/b.ts"
	refuses "it names itself" '#EXT-X-STREAM-INF:B=1' master.m3u8
	refuses "it names itself" '#EXTINF:4,' ./master.m3u8
	mkdir -p bad/v
	printf '%s\n' '#EXTM3U' i.m3u8 >bad/v/i.m3u8
	refuses "names itself" v/i.m3u8
	printf '%s\n' '#EXTM3U' ../master.m3u8 >bad/v/i.m3u8
	refuses '"../master.m3u8"' 0.ts v/i.m3u8
	echo '<html>' >bad/v/i.m3u8
	refuses 'is not an HLS playlist' 0.ts v/i.m3u8
	{ echo '#EXTM3U'; seq 100001; } >bad/v/i.m3u8
	refuses 'more than 100,000 files' v/i.m3u8
	{ echo '#EXTM3U'; yes '# a comment' | head -c 16777216; } >bad/v/i.m3u8
	refuses '16 MiB' v/i.m3u8
	refuses "master/a cannot be both a file and a directory" '#EXTINF:4,' a '#EXTINF:4,' a/b.ts
	refuses "master/a cannot be both a file and a directory" '#EXTINF:4,' a/b.ts '#EXTINF:4,' a
	get 1 "$FILES/size=5/x.mpd"
	jq -e '.error.code == "rejected" and (.error.message | contains("DASH"))' out
	get 0 --playlist alone "$FILES/size=5/x.mpd"
	holds got/x.mpd size=5
}

@test "a playlist of nothing fails, unless it is live; its lines end with CR, LF or both" {
	files
	local nothing='names no variant and no segment'
	refuses "$nothing"
	refuses "$nothing" '#EXT-X-TARGETDURATION:4' '#EXT-X-MAP:URI="0.ts"' '#EXT-X-ENDLIST'
	refuses "$nothing" '#EXT-X-TARGETDURATION:4' '#EXT-X-PLAYLIST-TYPE:VOD'
	refuses "$nothing" '#EXT-X-MEDIA:TYPE=AUDIO,URI="a.m3u8"'
	printf '%s\n' '#EXTM3U' '#EXT-X-ENDLIST' >bad/i.m3u8
	refuses "i.m3u8 is an HLS playlist that $nothing" i.m3u8
	printf '%s\n' '#EXTM3U' '#EXT-X-TARGETDURATION:4' >bad/live.m3u8
	get 0 "$FILES/tree=bad/live.m3u8"
	hls set
	(cd set && sed -i -z 's/\r//g; s/\n/\r/g' master.m3u8 v0/index.m3u8 && sed -i 's/$/\r/' v1/index.m3u8)
	[ "$(wc -l <set/master.m3u8)" = 0 ]
	get 0 "$FILES/tree=set/master.m3u8"
	diff -r set got/master
}

@test "two lines of which one has a file where the other has a directory: the second fails" {
	files
	printf '{"ok":true,"input":"%s","url":"%s"}\n' x/y/z.mov "$FILES/size=5/a.mp4" x/y.mov "$FILES/size=5/b.mp4" >lines
	get 1 -o '{dir}/{stem}' <lines
	grep -q 'line 2: .*: line 1 makes x/y a directory, which cannot be a file too' err
	tac lines >other
	rm -r got
	get 1 -o '{dir}/{stem}' <other
	grep -q 'line 2: .*: line 1 makes x/y a file, which cannot be a directory too' err
}

@test "a playlist that failed or was killed on the way resumes, and its first file comes last" {
	hls set
	files
	get 0 "$FILES/tree=set,status=404,first=1,only=1.ts/master.m3u8"
	diff -r set got/master
	rm -r got
	get 1 --retries 2 "$FILES/tree=set,status=404,first=3,only=1.ts/master.m3u8"
	jq -e '.error.http == 404' out
	[ ! -e got/master/master.m3u8 ]
	get 0 "$FILES/tree=set,status=404,first=3,only=1.ts/master.m3u8"
	diff -r set got/master
	rm -r got
	start_background killed tc-get -C got "$FILES/tree=set,hang=30000,first=1,only=1.ts/master.m3u8"
	until_true test -s got/master/v0/0.ts
	until_true test -s got/master/v1/0.ts
	until_true test -s got/master/v1/k.bin
	kill -9 "$PID"
	until_true gone "$PID"
	[ ! -e got/master/master.m3u8 ]
	requests=$(wc -l <files.err)
	get 0 "$FILES/tree=set,hang=30000,first=1,only=1.ts/master.m3u8"
	diff -r set got/master
	no_parts
	tail -n +$((requests + 1)) files.err >again
	grep -q 'v0/0.ts bytes=70000- - - 416 0' again
	jq -e '.resumed >= 140016 and .bytes > .resumed' out
	# what is there under the first name is whole: what is beside it changes only without it
	get 1 "$FILES/tree=set/master.m3u8"
	[ "$(jq -r .error.code out)" = exists ]
	echo more >>set/v0/0.ts
	get 0 --exists skip "$FILES/tree=set/master.m3u8"
	diff -r set got/master
	cp -r got/master before
	echo other >>set/v1/k.bin
	get 1 --exists replace --retries 0 "$FILES/tree=set,status=418,only=part/master.m3u8"
	[ ! -e got/master/master.m3u8 ] || diff -r -x '*.part*' before got/master
	get 0 --exists replace "$FILES/tree=set/master.m3u8"
	diff -r set got/master
}

@test "a playlist below a signed prefix, and a new prefix in the middle" {
	hls set
	files
	fake --fault status:200 --on url --body '{"url":"'"$FILES"'/tree=set,status=403,first=1,only=.ts/master.m3u8"}'
	get 0 job_1
	diff -r set got/job_1
}

@test "progress in files and bytes, on a signal too" {
	files
	start_background shown tc-get -C got "$FILES/size=3000000,hang=1000000,first=1/a.mp4" "$FILES/size=3000000/b.mp4" "$FILES/status=404/c.mp4"
	until_true has_bytes 1000000
	until_true test -s got/b.mp4
	until_true grep -q 'line 3' shown.err
	kill -USR1 "$PID"
	until_true grep -q 'tc-get: 1/2 files, 3.8/5.7 MiB' shown.err
	grep -q '1 failed' shown.err
	kill -9 "$PID"
}

@test "a host that cannot be verified: nothing is asked of it, and the line fails" {
	command -v openssl >/dev/null || skip "openssl is not here"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	mkdir www
	echo body >www/a.txt
	start_background tls bash -c 'cd www && exec openssl s_server -WWW -accept 127.0.0.1:0 -cert ../cert.pem -key ../key.pem'
	until_true grep -q '^ACCEPT .*:[0-9][0-9]*$' tls.out
	local port
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' tls.out | head -n 1)
	get 1 "https://127.0.0.1:$port/a.txt"
	jq -e '.error.code == "unavailable" and .error.temporary == false and (.error.message | test("certificate"))' out
	lacks FILE: tls.out tls.err
	[ -z "$(ls got)" ]
	get 0 --cacert cert.pem "https://127.0.0.1:$port/a.txt"
	cmp www/a.txt got/a.txt
}

@test "after a crash of the machine what was made durable counts" {
	files
	local url=$FILES/size=300000,hang=200000,first=1/a.mp4
	killed_at 200000 "$url"
	jq -e '.have == 0 and (.boot | length) > 0' got/a.mp4.part.json
	jq -c '.boot = "another" | .have = 50000' got/a.mp4.part.json >note
	cp note got/a.mp4.part.json
	get 0 "$url"
	holds got/a.mp4 size=300000
	grep -q 'a.mp4 bytes=50000- "v1" - 206 250000' files.err
	jq -e '.resumed == 50000' out
	start_background killed tc-get -C got "$FILES/size=75000000,hang=73000000,first=1/b.mp4"
	until_true durable got/b.mp4.part.json
	kill -9 "$PID"
}

durable() {
	[ "$(jq '.have // 0' "$1" 2>/dev/null)" -ge 67108864 ] 2>/dev/null
}

@test "what a kill left beside a file with its name goes when the ledger says that it is done" {
	files
	get 0 -l L "$FILES/size=500/a.mp4" "$FILES/size=500/b.mp4"
	ln got/a.mp4 got/a.mp4.part
	echo '{}' >got/a.mp4.part.json
	echo '{}' >got/b.mp4.part.json
	get 0 -l L "$FILES/size=500/a.mp4" "$FILES/size=500/b.mp4"
	no_parts
	[ "$(wc -l <files.err)" = 2 ]
	grep -q '(2 from the ledger)' err
}

@test "a job that was given up, or is going on, is not taken as ended" {
	printf '%s\n' '{"ok":false,"id":"j","urls":["http://127.0.0.1:1/x"],"error":{"code":"timeout","message":"m","temporary":true}}' \
		'{"ok":false,"id":"j","error":{"code":"interrupted","message":"m","temporary":true}}' >lines
	get 75 <lines
	cmp lines out
	echo '{"ok":true,"id":"j","url":"http://127.0.0.1:1/x","state":"running"}' | get 1
	jq -e '.error.code == "invalid_input" and (.error.message | contains("tc-wait"))' out
}

@test "s3:// and gs:// with keys from the environment; without them the message names the variable" {
	files
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION AWS_ENDPOINT_URL_S3 GOOGLE_ACCESS_TOKEN
	get 1 s3://bucket/y gs://bucket/x
	[ "$(jq -r '.error | select(.code == "rejected" and .temporary == false) | .message' out)" = \
		"s3://bucket/y cannot be fetched: set AWS_ACCESS_KEY_ID
gs://bucket/x cannot be fetched: set GOOGLE_ACCESS_TOKEN" ]
	export AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=topsecret AWS_SESSION_TOKEN=sessiontoken AWS_ENDPOINT_URL=$FILES
	export GOOGLE_ACCESS_TOKEN=googletoken STORAGE_EMULATOR_HOST=$FILES
	get 0 -v "s3://size=300000,cut=50000,first=1/dir/a b.mp4" gs://b/dir/c.mp4
	holds "got/a b.mp4" size=300000
	holds got/c.mp4 size=1000
	grep -q 'GET /size=300000,cut=50000,first=1/dir/a%20b.mp4 bytes=50000- "v1" AWS4-HMAC-SHA256 Credential=AKID/[0-9]*/us-east-1/s3/aws4_request,.* 206 250000' files.err
	grep -q 'GET /storage/v1/b/b/o/dir%2Fc.mp4 - - Bearer googletoken 200' files.err
	lacks -E 'topsecret|sessiontoken|googletoken' err
	# a key that is refused stops the run
	AWS_ENDPOINT_URL=$FILES/status=400,code=ExpiredToken,only=b.mp4 get 77 -j 1 -C keys s3://b/a.mp4 s3://b/b.mp4 s3://b/c.mp4
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "ok unauthorized not_attempted" ]
	jq -se '.[1].error.message == "HTTP 400: ExpiredToken: no"' out
	AWS_ENDPOINT_URL=$FILES/status=403,code=AccessDenied,only=b.mp4 get 1 -C keys --exists skip s3://b/b.mp4 s3://b/c.mp4
	[ "$(jq -r '.error.code // "ok"' out | xargs)" = "rejected ok" ]
	get 1 s3://bucket/ gs://b
	AWS_ENDPOINT_URL=http://example.com get 1 s3://b/x
	jq -e '.error.message | contains("plain http")' out
	# dots in a key lead to no other object
	get 0 -o '{index}' s3://size=5/a/../b s3://size=5/../c s3://size=5/a/./b gs://b/..
	for path in size=5/a/../b size=5/../c size=5/a/./b storage/v1/b/b/o/..; do
		grep -qF "GET /$path " files.err || grep -qF "GET /$path?" files.err
	done
	hls tree=set
	sed -i 's/^part 1.ts/part%201.ts/' tree=set/v1/index.m3u8 # its key has a space
	mv tree=set set
	get 0 s3://tree=set/master.m3u8
	mv 'got/master/v1/part%201.ts' 'got/master/v1/part 1.ts'
	diff -r set got/master
	grep -qF 'GET /tree=set/v1/part%201.ts ' files.err
}
