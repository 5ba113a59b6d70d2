# shellcheck shell=sh
# Rows of tests/bench/run.sh about rate limits and waiting.

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
