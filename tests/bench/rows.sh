# shellcheck shell=sh
# The rows of tests/bench/run.sh: about_ROW says what, row_ROW is one round of
# it, goals_ROW what must be reached, rounds_ROW how many rounds (at most) if
# it is not worth ROUNDS. "limit" is a program that does only the core of the
# work: children.c, requests.c, scan.c.

ROWS='pool8 pool64 memory sleep coprocess post posth2 posttls tlsone latency stream
	rate told date shared rivals limit hold pass start ledger items poolitems flight'
ROWS=$(echo $ROWS)

# numbered N: JSON lines 0 to N-1 that hold item-N; some 300 bytes with a request's members.
numbered() {
	[ -s "post$1" ] || jq -nc --argjson n "$1" '("x" * 200) as $x | range($n)
		| {inputs: [{url: "https://example.com/item-\(.).mov"}], outputFormat: "mp4", note: $x}' >"post$1"
}

# lines N: 200 bytes of JSON each, for echo.
lines() {
	[ -s "line$1" ] || jq -nc --argjson n "$1" '("x" * 155) as $x | range($n) | {n: (1000000 + .), name: "clip \(1000000 + .)", text: $x}' >"line$1"
}

ids() {
	[ -s "id$1" ] || seq -f job_%.0f "$1" >"id$1"
}

# What curl sends for each line of FILE: curl_config URL [OPTION...] <FILE. Options are said again for each.
curl_config() {
	url=$1
	shift
	options=$(printf '%s\n' "$@")
	sed 's/["\\]/\\&/g' | awk -v url="$url" -v options="$options" '{
		if (NR > 1) print "next"
		printf "url = \"%s\"\nheader = \"Content-Type: application/json\"\nheader = \"Authorization: Bearer key\"\nnoproxy = \"*\"\nsilent\n%s\ndata-binary = \"%s\"\n", url, options, $0 }'
}

# xargs_curl N J URL [curl's option...]: N items, one curl each. Quoting is xargs's affair: -d.
xargs_curl() {
	items=$1 at_once=$2 to=$3
	shift 3
	head -n "$items" post10000 >some
	measure xargs "$items" -i some xargs -d '\n' -n1 -P"$at_once" curl -s --noproxy '*' -H 'Content-Type: application/json' \
		-H 'Authorization: Bearer key' "$to/v1/transcodes" "$@" -d
}

# --- tc-pool -----------------------------------------------------------------

about_pool8='2,000 x echo of 200 bytes, 8 at once: output, errors and status of each, in order'
about_pool64='the same, 64 at once'
pool_round() {
	lines 2000 && head -n 300 line2000 >line300
	measure ours 2000 -i line2000 tc-pool --quiet -j "$1" /bin/echo {} && keep "$(lost 2000)"
	measure limit 2000 -i line2000 children -c -j "$1" /bin/echo && keep
	measure bare 2000 -i line2000 children -j "$1" /bin/echo && keep
	have xargs && measure xargs 2000 -i line2000 xargs -d '\n' -n1 -P"$1" /bin/echo && keep
	have parallel && measure parallel 300 -i line300 parallel -k "-j$1" --results results.json /bin/echo {} && keep
	have node && measure node 2000 -i line2000 node "$HERE/batch.mjs" "$1" exec /bin/echo && keep
	return 0
}
pool_goals() {
	goal ours lost - '<=' 0
	goal ours speed limit '>=' 0.85
	goal ours speed bare '>=' 0.75
	goal ours speed xargs '>=' 1.0
	goal ours speed parallel '>=' 8
	goal ours speed node '>=' 3
	goal ours cpu bare '<=' 1.2
	goal ours cpu parallel '<=' 0.17
}
row_pool8() { pool_round 8; }
row_pool64() { pool_round 64; }
goals_pool8() { pool_goals; }
goals_pool64() { pool_goals; }

about_memory='what tc-pool holds at 20,000 items, and at 2,000'
rounds_memory=1
row_memory() {
	lines 2000 && lines 20000
	measure ours-2k 2000 -i line2000 tc-pool --quiet -j 8 /bin/echo {} && keep "$(lost 2000)"
	measure ours-20k 20000 -i line20000 tc-pool --quiet -j 8 /bin/echo {} && keep "$(lost 20000)"
}
goals_memory() {
	goal ours-20k lost - '<=' 0
	goal ours-20k rss - '<=' 4
	goal ours-20k held ours-2k '<=' 1
}

about_sleep='1,000 x sleep 0.05, 20 at once: 2.5 s if nothing else took time'
rounds_sleep=3
row_sleep() {
	yes 0.05 | head -n 1000 >naps
	measure ours 1000 -i naps tc-pool --quiet -j 20 sleep {} && keep "$(lost 1000)"
	have xargs && measure xargs 1000 -i naps xargs -n1 -P20 sleep && keep
	ideal 1000 2.5
}
goals_sleep() {
	goal ours lost - '<=' 0
	goal ours speed ideal '>=' 0.93
	goal ours speed xargs '>=' 0.98
}

about_coprocess='a line filter (jq -c .) kept running, against one started for each line'
rounds_coprocess=3
row_coprocess() {
	lines 20000 && head -n 80 line20000 >line80
	measure ours 20000 -i line20000 tc-pool --quiet -j 2 -c jq --unbuffered -c . && keep "$(lost 20000)"
	measure spawning 80 -i line80 tc-pool --quiet -j 2 jq -c . && keep "$(lost 80)"
	have parallel && measure parallel 80 -i line80 parallel -k -j2 --pipe -N1 jq -c . && keep
	return 0
}
goals_coprocess() {
	goal ours lost - '<=' 0
	goal ours speed spawning '>=' 20
	goal ours speed parallel '>=' 100
}

# --- requests ----------------------------------------------------------------

about_post='10,000 creates of 300 bytes, 20 in flight, HTTP/1.1'
row_post() {
	numbered 10000 && server && head -n 2000 post10000 >post2000
	curl_config "$URL/v1/transcodes" <post10000 >curl10000
	measure ours 10000 -i post10000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 10000)" "$(seen)"
	measure limit 10000 -i post10000 requests -j 20 "$URL/v1/transcodes" && keep "$(seen)"
	measure curl 10000 curl -s --parallel --parallel-max 50 -K curl10000 && keep "$(seen)"
	have node && measure node 2000 -i post2000 node "$HERE/batch.mjs" 20 fetch "$URL/v1/transcodes" && keep "$(seen)"
	have xargs && xargs_curl 100 8 "$URL" && keep "$(seen)"
	return 0
}
goals_post() {
	goal ours lost - '<=' 0
	goal ours duplicates - '<=' 0
	goal ours connections - '<=' 20
	goal ours speed limit '>=' 0.65
	goal ours cpu limit '<=' 1.55
	goal ours speed curl '>=' 1.3
	goal ours speed node '>=' 12
	goal ours speed xargs '>=' 80
}

about_posth2='the same over TLS and HTTP/2, one connection'
row_posth2() {
	numbered 10000
	tls_server || return
	curl_config "$H2/v1/transcodes" "cacert = \"$O/bundle.pem\"" <post10000 >curlh2
	measure ours 10000 -i post10000 tc-create -p local --base-url "$H2" --cacert bundle.pem -j 20 && keep "$(lost 10000)"
	measure limit 10000 -i post10000 requests -2 -j 20 -C bundle.pem "$H2/v1/transcodes" && keep
	measure curl 10000 curl -s --parallel --parallel-max 50 -K curlh2 && keep
	have xargs && xargs_curl 30 8 "$H2" --cacert bundle.pem && keep
	return 0
}
goals_posth2() {
	goal ours lost - '<=' 0
	goal ours speed limit '>=' 0.65
	goal ours cpu limit '<=' 1.55
	goal ours speed curl '>=' 0.9
	goal ours speed xargs '>=' 250
}

about_posttls='2,000 creates over TLS and HTTP/1.1: the bundle is read once, whatever is in flight'
row_posttls() {
	numbered 2000
	tls_server || return
	opened=''
	if [ $round = 1 ] && strace -f -o opened -e trace=open,openat tc-create -p local --base-url "$H1" --cacert bundle.pem \
		-j 64 <post2000 >out 2>err; then
		opened="\"opened\":$(grep -c bundle.pem opened)"
	fi
	measure ours-8 2000 -i post2000 tc-create -p local --base-url "$H1" --cacert bundle.pem -j 8 && keep "$(lost 2000)"
	measure ours-64 2000 -i post2000 tc-create -p local --base-url "$H1" --cacert bundle.pem -j 64 && keep "$(lost 2000)" "$opened"
}
goals_posttls() {
	goal ours-64 lost - '<=' 0
	goal ours-64 opened - '<=' 1
	goal ours-64 speed ours-8 '>=' 0.6
}

about_tlsone='one create over TLS in a process of its own, ten times, beside curl'
row_tlsone() {
	numbered 10000
	tls_server || return
	head -n 1 post10000 >one
	SSL_CERT_DIR=$O/ca measure ours 10 -r 10 -i one tc-create --quiet -p local --base-url "$H2" && keep "$(lost 1)"
	measure ours-bundle 10 -r 10 -i one tc-create --quiet -p local --base-url "$H2" --cacert bundle.pem && keep "$(lost 1)"
	measure curl 10 -r 10 curl -s --cacert bundle.pem -H 'Authorization: Bearer key' "$H2/v1/transcodes" -d @one && keep
}
goals_tlsone() {
	goal ours lost - '<=' 0
	goal ours cpu curl '<=' 0.4
	goal ours-bundle cpu curl '<=' null
}

about_latency='1,000 creates answered after 50 ms, 20 in flight: 2.5 s at best'
rounds_latency=3
row_latency() {
	numbered 1000 && server --delay 50
	measure ours 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 1000)" "$(seen)"
	measure limit 1000 -i post1000 requests -j 20 "$URL/v1/transcodes" && keep "$(seen)"
	ideal 1000 2.5
}
goals_latency() {
	goal ours lost - '<=' 0
	goal ours connections - '<=' 20
	goal ours speed ideal '>=' 0.97
	goal ours speed limit '>=' 0.98
}

about_stream='what tc-create holds for 10,000 and for 100,000 lines'
rounds_stream=1
row_stream() {
	numbered 10000 && numbered 100000 && server
	measure ours-10k 10000 -i post10000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 10000)" "$(seen)"
	measure ours-100k 100000 -i post100000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 100000)" "$(seen)"
}
goals_stream() {
	goal ours-100k lost - '<=' 0
	goal ours-100k rss - '<=' 20
	goal ours-100k held ours-10k '<=' 2
}

# --- pace --------------------------------------------------------------------

# 1,000 creates against 100 a second, bursts of 200, each answered after 10 to 30 ms: 8 s at best.
rate_round() {
	numbered 1000
	measure ours 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 "$@" && keep "$(lost 1000)" "$(seen)"
	ideal 1000 8.0
}
# rate_goals TIMES REFUSED
rate_goals() {
	goal ours lost - '<=' 0
	goal ours duplicates - '<=' 0
	goal ours early - '<=' 0
	goal ours refused - '<=' "$2"
	goal ours time ideal '<=' "$1"
}

about_rate='1,000 creates against 100/s, bursts of 200, not told so'
about_told='the same, told: --rate 100/s:200'
about_date='the same, not told, Retry-After as a date'
about_shared='the same, told, four processes that share a --rate-file'
about_rivals='the same limit met by others'
rounds_rate=1 rounds_told=1 rounds_date=1 rounds_shared=1 rounds_rivals=1
row_rate() {
	server --limit 100:200 --delay 10:30
	rate_round
}
goals_rate() { rate_goals 1.10 60; }
row_told() {
	server --limit 100:200 --delay 10:30
	rate_round --rate 100/s:200
}
goals_told() { rate_goals 1.05 2; }
row_date() {
	server --limit 100:200 --delay 10:30 --date
	rate_round
}
goals_date() { rate_goals 1.4 60; }
row_shared() {
	numbered 1000 && server --limit 100:200 --delay 10:30
	rm -f shared.rate part[0-3]
	for part in 0 1 2 3; do
		awk -v part=$part 'NR % 4 == part' post1000 >part$part
	done
	# shellcheck disable=SC2016 # for that shell
	measure ours 1000 sh -c 'for part in 0 1 2 3; do
		tc-create -p local --base-url "$0" -j 5 --rate 100/s:200 --rate-file shared.rate <part$part & all="$all $!"
	done
	status=0
	for pid in $all; do wait "$pid" || status=$?; done
	exit $status' "$URL" && keep "$(lost 1000)" "$(seen)"
	ideal 1000 8.0
}
goals_shared() { rate_goals 1.10 5; }

# lost: items that have no job in the end
row_rivals() {
	numbered 1000 && server --limit 100:200 --delay 10:30
	curl_config "$URL/v1/transcodes" 'retry = 5' <post1000 >curl1000
	if have node; then
		measure node 1000 -i post1000 node "$HERE/batch.mjs" 20 fetch "$URL/v1/transcodes"
		lost_there
	fi
	measure curl 1000 curl -s --parallel --parallel-max 20 -K curl1000
	lost_there
	numbered 10000
	have xargs && xargs_curl 1000 20 "$URL" --retry 5 && lost_there
	if have parallel; then
		measure parallel 1000 -i post1000 parallel -j20 curl -s --noproxy "'*'" --retry 5 "$URL/v1/transcodes" -d
		lost_there
	fi
	ideal 1000 8.0
}
lost_there() {
	there=$(seen)
	created=${there#*\"created\":}
	keep "\"lost\":$((1000 - ${created%%,*}))" "$there"
}
goals_rivals() {
	for peer in node curl xargs parallel; do
		goal $peer time ideal '<=' null
		goal $peer refused - '<=' null
		goal $peer lost - '<=' null
	done
}

# --- tc-wait -----------------------------------------------------------------

about_limit='5,000 jobs that end after 3 to 12 s in one tc-wait, against 100/s: ids, and records (lists)'
rounds_limit=1
row_limit() {
	ids 5000 && server --limit 100:200 --delay 10:30 --jobs 5000 --end 3000:12000
	measure ours-ids 5000 -i id5000 tc-wait -p local --base-url "$URL" -j 20 --rate 100/s:200 && keep "$(lost 5000)" "$(seen)"
	jq -c -R --argjson now "$(date +%s)" '{index: (input_line_number - 1), ok: true, provider: "local", id: ., status: "pending",
		job: {id: ., status: "pending", created_at: ($now | todate)}}' <id5000 >created5000
	measure ours 5000 -i created5000 tc-wait -p local --base-url "$URL" -j 20 && keep "$(lost 5000)" "$(seen)"
}
goals_limit() {
	for who in ours-ids ours; do
		goal $who lost - '<=' 0
		goal $who wall - '<=' 60
		goal $who refused - '<=' 100
		goal $who rss - '<=' 64
	done
	goal ours requests - '<=' null
}

about_hold='10,000 jobs held by tc-wait, each asked about once a second; CPU by question'
rounds_hold=2
row_hold() {
	ids 10000 && server --jobs 10000 --end 3000:5000
	measure ours 10000 -i id10000 tc-wait -p local --base-url "$URL" -j 20 --interval 1s --max-interval 1s
	there=$(seen)
	asked=${there#*\"requests\":}
	asked=${asked%%,*}
	keep "$(lost 10000)" "$there"
	# the same again by question
	keep_as questions "$asked"
	awk -v n="$asked" '{ line[NR] = $0 } END { for (i = 0; i < n; i++) print line[i % NR + 1] }' id10000 >asked
	measure limit "$asked" -i asked requests -g -j 20 "$URL/v1/transcodes" && keep "$(seen)"
}
# keep_as WHO N: what measure found once more, as of WHO and for N items.
keep_as() {
	found=$(echo "$found" | sed "s/\"who\":\"[^\"]*\",\"n\":[0-9]*/\"who\":\"$1\",\"n\":$2/")
	keep
}
goals_hold() {
	goal ours lost - '<=' 0
	goal ours rss - '<=' 64
	goal ours connections - '<=' 20
	goal questions cpu limit '<=' 1.5
}

# --- lines, start, ledger, growth --------------------------------------------

about_pass='200,000 failed records passing through tc-url as they are'
row_pass() {
	[ -s pass ] || jq -nc '("x" * 60) as $x | range(200000) | {index: ., input: "https://example.com/clips/\(.).mov", ok: false,
		error: {code: "rejected", message: "no such file, \($x)", http: 404, temporary: false}, duration: 12.50, name: "Übersicht"}' >pass
	head -n 20000 pass >pass20000
	measure ours 200000 -i pass tc-url --quiet -p local
	found=$(echo "$found" | sed 's/"status":1$/"status":0/') # every line failed: that is what it says
	keep "\"changed\":$(cmp -s pass out && echo 0 || echo 1)"
	measure limit 200000 -i pass scan && keep
	measure jq 20000 -i pass20000 jq -c . && keep
}
goals_pass() {
	goal ours changed - '<=' 0
	goal ours speed limit '>=' 0.4
	goal ours speed jq '>=' 8
}

about_start='start-up: -V, 40 times'
row_start() {
	measure empty 40 -r 40 empty && keep
	measure libcurl 40 -r 40 curlinit && keep
	measure curl 40 -r 40 curl --version && keep
	for tool in pool create wait url; do
		measure ours-$tool 40 -r 40 tc-$tool -V && keep
	done
}
goals_start() {
	goal ours-pool time empty '<=' 2
	goal ours-pool cpu empty '<=' 2
	for tool in create wait url; do
		goal ours-$tool time libcurl '<=' 1.15
		goal ours-$tool time curl '<=' 1
	done
}

about_ledger='1,000 creates with -l, and without, each answered after 10 ms'
rounds_ledger=3
row_ledger() {
	numbered 1000 && server --delay 10
	rm -f ledger
	measure ours-l 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 -l ledger && keep "$(lost 1000)" "$(seen)"
	measure ours 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 1000)" "$(seen)"
	measure ours-again 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 -l ledger && keep "$(lost 1000)" "$(seen)"
}
goals_ledger() {
	goal ours-l lost - '<=' 0
	goal ours-again lost - '<=' 0
	goal ours-again created - '<=' 0
	goal ours-l time ours '<=' null
	goal ours-l cpu ours '<=' null
}

about_items='tc-create, 20 in flight: time an item as items grow'
rounds_items=3
row_items() {
	server
	for k in 1 10 100; do
		numbered ${k}000
		measure ours-${k}k ${k}000 -i post${k}000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost ${k}000)" "$(seen)"
	done
}
goals_items() {
	goal ours-100k lost - '<=' 0
	goal ours-10k time ours-1k '<=' 1.2
	goal ours-100k time ours-10k '<=' 1.2
}

about_poolitems='tc-pool, 8 at once: time an item as items grow'
rounds_poolitems=2
row_poolitems() {
	for k in 1 4 16; do
		lines ${k}000
		measure ours-${k}k ${k}000 -i line${k}000 tc-pool --quiet -j 8 /bin/true && keep "$(lost ${k}000)"
	done
}
goals_poolitems() {
	goal ours-16k lost - '<=' 0
	goal ours-4k time ours-1k '<=' 1.2
	goal ours-16k time ours-4k '<=' 1.2
}

about_flight='tc-create, 10,000 items: time an item as more are in flight'
rounds_flight=3
row_flight() {
	numbered 10000 && server
	for j in 1 20 64 256; do
		measure ours-$j 10000 -i post10000 tc-create -p local --base-url "$URL" -j $j && keep "$(lost 10000)" "$(seen)"
	done
}
goals_flight() {
	goal ours-256 lost - '<=' 0
	goal ours-256 connections - '<=' 256
	goal ours-20 time ours-1 '<=' 1.2
	goal ours-64 time ours-20 '<=' 1.2
	goal ours-256 time ours-20 '<=' 1.3
}
