# shellcheck shell=sh
# Rows of tests/bench/run.sh about tc-pool.

about_pool8='2,000 x echo of 200 bytes, 8 at once: output, errors and status of each, in order; and a static child that does nothing'
about_pool64='the same, 64 at once'
pool_round() {
	lines 2000 && head -n 300 line2000 >line300 && head -n 1000 line2000 >line1k
	measure ours 2000 -i line2000 tc-pool --quiet -j "$1" /bin/echo {} && keep "$(lost 2000)"
	measure limit 2000 -i line2000 children -c -j "$1" /bin/echo && keep
	measure bare 2000 -i line2000 children -j "$1" /bin/echo && keep
	if [ -x static ]; then
		measure ours-static 2000 -i line2000 tc-pool --quiet -j "$1" ./static {} && keep "$(lost 2000)"
		measure bare-static 2000 -i line2000 children -j "$1" ./static && keep
	fi
	have xargs && measure xargs 2000 -i line2000 xargs -d '\n' -n1 -P"$1" /bin/echo && keep
	have parallel && measure parallel 300 -i line300 parallel -k "-j$1" --results results.json /bin/echo {} && keep
	have node && measure node 1000 -i line1k node "$HERE/batch.mjs" "$1" exec /bin/echo && keep
	return 0
}
pool_goals() {
	goal ours lost - '<=' 0
	goal ours speed limit '>=' 0.85
	goal ours speed bare '>=' 0.95
	goal ours-static speed bare-static '>=' 0.8
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
