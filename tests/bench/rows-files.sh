# shellcheck shell=sh
# Rows of tests/bench/run.sh about files: uploads, downloads, and all of a batch.

# files_server: a new one that takes and gives bytes, and keeps none; sets URL, and the bucket that tc-put knows by it.
files_server() {
	stop_server
	rm -f server.url && mkfifo server.url || exit 74
	"$O/files" >server.url &
	SERVER=$!
	read -r URL <server.url || die "the server did not start"
	export AWS_ENDPOINT_URL="$URL" AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret
}

# sources N BYTES: files to be uploaded, in source$1/, with their names in names$1.
sources() {
	[ -s "names$1" ] && return
	mkdir -p "source$1"
	head -c $(($1 * $2)) /dev/urandom | split -b "$2" -a 5 -d --additional-suffix=.mp4 - "source$1/"
	find "source$1" -type f | sort >"names$1"
}

# A directory for downloads that was not there before. All go in the end: ext4 is slow to give away the inodes of files
# that were removed a moment ago.
fresh() {
	runs=$((${runs-0} + 1))
	got=got/$runs
	mkdir -p "$got"
}

# here N: how many of N files are not in $got.
here() {
	echo "\"lost\":$(($1 - $(find "$got" -type f -name '*.mp4' | wc -l)))"
}

about_getone='one download of 1 GiB: hashed and made durable, against curl, which does neither'
rounds_getone=3
row_getone() {
	files_server && fresh
	measure ours 1 tc-get --quiet -C "$got" "$URL/1073741824/a.mp4" && keep "$(here 1)"
	rm "$got/a.mp4"
	measure curl 1 curl -s --noproxy '*' -o "$got/a.mp4" "$URL/1073741824/a.mp4" && keep "$(here 1)"
	rm "$got/a.mp4"
	# shellcheck disable=SC2016 # for that shell
	measure same 1 sh -c 'curl -s --noproxy "*" -o "$1.part" "$0" && echo "$1" | settle' "$URL/1073741824/a.mp4" "$got/a.mp4" &&
		keep "$(here 1)"
	rm "$got/a.mp4"
}
goals_getone() {
	goal ours lost - '<=' 0
	goal ours rss - '<=' 32
	goal ours speed curl '>=' 0.95
	goal ours speed same '>=' 1
	goal ours cpu curl '<=' null
}

# curl_to DIR [SUFFIX] <FROM: a config by which curl downloads each URL into DIR.
curl_to() {
	awk -v to="$1" -v suffix="${2-}" '{ n = split($0, part, "/"); printf "url = \"%s\"\noutput = \"%s/%s%s\"\n", $0, to, part[n], suffix }'
}

about_getmany='5,000 downloads of 20 KiB, 20 at once: hashed and made durable, against curl -Z, which does neither'
rounds_getmany=3
row_getmany() {
	files_server && fresh
	seq -f "$URL/20480/%.0f.mp4" 5000 >from
	measure ours 5000 -i from tc-get --quiet -j 20 -C "$got" && keep "$(lost 5000)"
	fresh && curl_to "$got" <from >curl5000
	measure curl 5000 curl -s --noproxy '*' --parallel --parallel-max 20 -K curl5000 && keep "$(here 5000)"
	fresh && curl_to "$got" .part <from >curl5000 && sed "s|.*/|$got/|" from >names
	measure same 5000 -i names sh -c 'curl -s --noproxy "*" --parallel --parallel-max 20 -K curl5000 && settle' && keep "$(here 5000)"
	fresh
	have aria2c && measure aria2c 5000 aria2c -q --no-conf -j 20 -x 1 -d "$got" -i from && keep "$(here 5000)"
	fresh
	have wget2 && measure wget2 5000 wget2 -q --no-config --no-proxy --max-threads=20 -P "$got" -i from && keep "$(here 5000)"
	return 0
}
goals_getmany() {
	goal ours lost - '<=' 0
	goal ours rss - '<=' 32
	goal ours speed curl '>=' 1.2
	goal ours speed same '>=' 1.2
	goal ours speed aria2c '>=' 2
	goal ours speed wget2 '>=' null
	goal ours cpu curl '<=' null
	goal ours cpu same '<=' null
}

about_putone='one upload of 1 GiB to a bucket, hashed, against curl -T'
rounds_putone=3
row_putone() {
	files_server && truncate -s 1073741824 one.mp4
	measure ours 1 tc-put --quiet --to 's3://bucket/{basename}' one.mp4 && keep "$(lost 1)"
	measure curl 1 curl -s --noproxy '*' -T one.mp4 "$URL/bucket/one.mp4" && keep
	# shellcheck disable=SC2016 # for that shell
	measure same 1 sh -c 'echo one.mp4 | settle -h && curl -s --noproxy "*" -T one.mp4 "$0"' "$URL/bucket/one.mp4" && keep
}
goals_putone() {
	goal ours lost - '<=' 0
	goal ours rss - '<=' 32
	goal ours speed curl '>=' 0.95
	goal ours speed same '>=' 1
	goal ours cpu curl '<=' null
}

about_putmany='5,000 uploads of 20 KiB to a bucket, 20 at once: hashed and signed, against curl -Z -T, which does neither'
rounds_putmany=3
row_putmany() {
	files_server && sources 5000 20480
	awk -v url="$URL" '{ printf "upload-file = \"%s\"\nurl = \"%s/bucket/%s\"\n", $0, url, $0 }' names5000 >curl5000
	measure ours 5000 -i names5000 tc-put --quiet -j 20 --to 's3://bucket/{basename}' && keep "$(lost 5000)"
	measure curl 5000 curl -s --noproxy '*' --parallel --parallel-max 20 -K curl5000 && keep
	measure same 5000 -i names5000 sh -c 'settle -h && curl -s --noproxy "*" --parallel --parallel-max 20 \
		--aws-sigv4 aws:amz:us-east-1:s3 --user id:secret -K curl5000' && keep
}
goals_putmany() {
	goal ours lost - '<=' 0
	goal ours rss - '<=' 32
	goal ours speed curl '>=' 1.2
	goal ours speed same '>=' 1
	goal ours cpu curl '<=' null
}

# asks FILE ARG...: a part of what the bare probe asks for, a request a line of FILE; times are added up in ./asked.
asks() {
	asked=$1
	shift
	part=$(meas -i "$asked" -o out -e err requests -j 20 "$@") || die "meas failed"
	jq -c --argjson part "$part" --argjson n "$(wc -l <"$asked")" '.wall += $part.wall | .cpu += $part.cpu
		| .status += $part.status | .requests += $n' asked >asked.new && mv asked.new asked
}

# The requests of a batch of 2,000 files; lists: how many lists of jobs were asked for.
ask_for_batch() {
	lists=$1
	echo '{"wall":0,"cpu":0,"rss":0,"status":0,"requests":0}' >asked
	jq -c -R '{filename: ., contentType: "video/mp4", fileSize: 1000}' names2000 >start
	asks start "$URL/v1/upload/presigned-url"
	jq -r .job.result.uploadUrl out >to
	jq -c '{filename: .job.result.filename, fileSize: 1000}' out >finish
	asks to -p source2000/00000.mp4
	asks finish "$URL/v1/upload/confirm"
	jq -c '{inputs: [{url: .job.result.fileUrl}], outputFormat: "mp4"}' out >create
	asks create "$URL/v1/transcodes"
	jq -r '.job.id + "/download?url=true"' out >id
	yes 'v1/transcodes?limit=100&page=1' | head -n "$lists" >list
	asks list -q -g "$URL"
	until [ "$(curl -s --noproxy '*' -H 'Authorization: Bearer key' "$URL/v1/transcodes?limit=1&status=processing" | jq '.items | length')" = 0 ]; do
		sleep 0.05
	done
	asks id -g "$URL/v1/transcodes"
	jq -r .job.url out >from
	asks from -q -g
}

about_batch='2,000 files up, copied by as many runs of cp, and down, on tc-serve; against its requests alone, made by the bare probe'
rounds_batch=3
row_batch() {
	stop_server
	sources 2000 1000
	fresh
	rm -rf state && rm -f server.url && mkfifo server.url || exit 74
	tc-serve --port 0 --dir state --encoder cp --ready-fd 4 4>server.url >serve.out 2>&1 &
	SERVER=$!
	read -r URL <server.url || die "tc-serve did not start"
	# shellcheck disable=SC2016 # for that shell
	measure ours 2000 sh -c 'export TC_PROVIDER=local TC_BASE_URL="$0"
		tc-put --quiet -j 20 <names2000 | tc-create --quiet -j 20 | tc-wait --quiet -j 20 |
			tc-get --quiet -j 20 -C "$1"' "$URL" "$got"
	there=$(curl -s --noproxy '*' "$URL/_stats" | jq '.by_kind | .get - 2000, add')
	keep "$(lost 2000)" "\"requests\":${there#*
}"
	ask_for_batch "${there%%
*}"
	measure limit 2000 true
	found="${found%%,\"wall\"*},$(sed 's/^{//; s/}$//' asked)"
	keep
}
goals_batch() {
	goal ours lost - '<=' 0
	goal ours time limit '<=' 1.3
	goal ours cpu limit '<=' null
}
