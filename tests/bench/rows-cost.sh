# shellcheck shell=sh
# Rows of tests/bench/run.sh about lines, start-up, the ledger, and how cost grows.

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
	goal ours speed limit '>=' 0.9
	goal ours speed jq '>=' 8
}

about_start='start-up: --help, 40 times'
row_start() {
	measure empty 40 -r 40 empty && keep
	measure libcurl 40 -r 40 curlinit && keep
	measure curl 40 -r 40 curl --version && keep
	for tool in pool create wait url; do
		measure ours-$tool 40 -r 40 tc-$tool --help && keep
	done
}
goals_start() {
	goal ours-pool time empty '<=' 2
	goal ours-pool cpu empty '<=' 2
	for tool in create wait url; do
		goal ours-$tool time libcurl '<=' 0.8
		goal ours-$tool time curl '<=' 1
	done
}

about_ledger='1,000 creates with -l, and without, each answered after 10 ms; with a disk that takes 5 ms for a sync'
rounds_ledger=3
row_ledger() {
	numbered 1000 && server --delay 10
	rm -f ledger ledger5ms
	measure ours-5ms 1000 -i post1000 env LD_PRELOAD="$O/slowsync.so" tc-create -p local --base-url "$URL" -j 20 -l ledger5ms &&
		keep "$(lost 1000)" "$(seen)"
	measure ours-l 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 -l ledger && keep "$(lost 1000)" "$(seen)"
	measure ours 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 1000)" "$(seen)"
	measure ours-again 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 -l ledger && keep "$(lost 1000)" "$(seen)"
}
goals_ledger() {
	goal ours-l lost - '<=' 0
	goal ours-again lost - '<=' 0
	goal ours-again created - '<=' 0
	goal ours-l time ours '<=' 1.15
	goal ours-5ms time ours '<=' 1.3
	goal ours-l cpu ours '<=' null
}

about_resume='a run of a million creates that are all in the ledger, again'
rounds_resume=3
row_resume() {
	if [ ! -s million ] || [ ! -s ledger1m ]; then
		server && rm -f ledger1m
		seq -f 'https://example.com/clips/%.0f.mp4' 1000000 >million
		meas -t 600 -i million tc-create --quiet -p local --base-url "$URL" -j 64 -l ledger1m --force-ledger >&2 || die "meas failed"
	fi
	measure ours 1000000 -i million tc-create --quiet -p local --base-url http://127.0.0.1:1 -j 64 -l ledger1m --force-ledger && keep "$(lost 1000000)"
}
goals_resume() {
	goal ours lost - '<=' 0
	goal ours wall - '<=' 3
	goal ours rss - '<=' 200
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

about_million='the same for a million, and what it holds'
rounds_million=1
row_million() {
	numbered 100000 && numbered 1000000 && server
	measure ours-100k 100000 -i post100000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 100000)"
	measure ours-1m 1000000 -i post1000000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 1000000)" "$(seen)"
	rm -f post1000000
}
goals_million() {
	goal ours-1m lost - '<=' 0
	goal ours-1m rss - '<=' 64
	goal ours-1m time ours-100k '<=' 1.2
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
