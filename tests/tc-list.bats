#!/usr/bin/env bats
# tc-list: what the service has, and how it differs from what a ledger has.

load helper
load fake

@test "each job has a record, newest first, page by page, on both services; the last line is a tally" {
	serve --encoder "$ENCODER"
	export TC_LOCAL_API_KEY=test-key
	seq -f 'https://h/%g.mp4' 120 >urls
	tc-create --quiet -j 16 <urls | tc-wait --quiet --interval 20ms >ended
	run -0 --separate-stderr tc-list
	[ "$stderr" = "120 listed, 120 kept" ]
	[ "$(jq -r .id <<<"$output" | sort)" = "$(jq -r .id ended | sort)" ]
	[ "$(jq -r '[.index, .input == .id, .ok, .provider, .status, .state, (.job | type)] | @csv' <<<"$output" | sed -n 1p)" = '0,true,true,"local","completed","succeeded","object"' ]
	[ "$(jq -r .job.created_at <<<"$output" | sort -r)" = "$(jq -r .job.created_at <<<"$output")" ]
	TC_PROVIDER=transcodely tc-create --quiet -d '{"managed":true}' https://h/t.mp4 >made
	run -0 --separate-stderr tc-list -p transcodely
	[ "$(jq -r .id <<<"$output")" = "$(jq -r .id made)" ]
}

@test "a service that sends one page again and again, or jobs without ids: a failure, and no endless run" {
	serve --encoder "$ENCODER"
	seq -f 'https://h/%g.mp4' 120 | tc-create --quiet -j 16 >made
	jq '.list.path |= sub("page={page}"; "x={page}")' "$ROOT/lib/profiles/local.json" >same.json
	run -1 --separate-stderr timeout 60 tc-list -p ./same.json
	[ "${#lines[@]}" = 100 ]
	[[ $stderr = "tc-list: the service sends the same page again and again"*"100 listed, 100 kept"* ]] || false
	jq '.list.id = ["/nothing"]' "$ROOT/lib/profiles/local.json" >none.json
	run -1 --separate-stderr tc-list -p ./none.json
	[[ $stderr = *"120 of the listed jobs: no id where profile local expects it"* ]] || false
	jq '.list.path = "/nothing"' "$ROOT/lib/profiles/local.json" >gone.json
	run -1 --separate-stderr tc-list --retries 0 -p ./gone.json
	[[ $stderr = "tc-list: "* && $stderr != *"line "* ]] || false
	run -75 --separate-stderr tc-create --adopt -l L --retries 0 -p ./gone.json https://h/121.mp4
	jq -e '.error.message == "its job was not found or created, because the list of jobs could not be read; run again with the ledger"' <<<"$output"
	run -64 --separate-stderr tc-list --since 2026-02-29
}

@test "its records go on through tc-wait and tc-url; a job that failed is a failed record, and that is no failure of tc-list" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/ok.mp4 https://h/fail.mp4 >made
	tc-wait --quiet --interval 20ms <made >ended || true
	run -0 --separate-stderr tc-list
	[ "$(jq -c '[.ok, .error.code, .state]' <<<"$output" | sort)" = '[false,"job_failed","failed"]
[true,null,"succeeded"]' ]
	run -1 --separate-stderr sh -c 'tc-list --quiet | tc-wait --quiet | tc-url --quiet'
	[ "$(jq -r 'select(.ok).url' <<<"$output" | wc -l)" = 1 ]
}

@test "-s takes the service's words and ours; --since, --until and --max" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/ok.mp4 https://h/fail.mp4 https://h/held.mp4 >made
	tc-wait --quiet --interval 20ms --timeout 2s <made >ended || true
	local word
	for word in completed succeeded SUCCEEDED; do
		[ "$(tc-list --quiet -s $word | jq -r .status)" = completed ]
	done
	[ "$(tc-list --quiet -s failed -s running | jq -r .state | sort | xargs)" = "failed running" ]
	run -0 --separate-stderr tc-list --max 1
	[ "${#lines[@]}" = 1 ]
	[[ $stderr = *", more" ]] || false
	[ "$(tc-list --quiet --since 1h | wc -l)" = 3 ]
	[ "$(tc-list --quiet --until 1h | wc -l)" = 0 ]
	[ "$(tc-list --quiet --since 2999-01-01 | wc -l)" = 0 ]
	: >gate
}

@test "--until of a service whose list has no time of creation is the service's, or is refused" {
	serve --encoder "$ENCODER"
	export TC_PROVIDER=transcodely
	tc-create --quiet -d '{"managed":true}' https://h/1.mp4 >one
	for until in 1h 2026-01-01 2999-01-01T00:00:00Z; do
		run -0 --separate-stderr tc-list --since 2020-01-01 --until $until
		[ "${#lines[@]}" = $([[ $until == 2999* ]] && echo 1 || echo 0) ]
		[[ $stderr == *"kept" ]] || false
	done
	jq 'del(.list.body.created_after, .list.body.created_before)' "$ROOT/lib/profiles/transcodely.json" >timeless.json
	for option in --since --until; do
		run -64 --separate-stderr tc-list -p ./timeless.json $option 1h
		[[ $stderr == *"$option: profile transcodely does not say when a job was created (/list/created)"* ]] || false
	done
}

@test "-b and -m select by metadata, and the last line says what was done here" {
	serve --encoder "$ENCODER"
	export TC_PROVIDER=transcodely
	tc-create --quiet -d '{"managed":true}' -b nightly -m 'a/b=x~y' https://h/1.mp4 >one
	tc-create --quiet -d '{"managed":true}' -b other https://h/2.mp4 >two
	run -0 --separate-stderr tc-list -b nightly
	[ "$(jq -r .id <<<"$output")" = "$(jq -r .id one)" ]
	[ "$stderr" = "2 listed, 1 kept (metadata: here)" ]
	[ "$(tc-list --quiet -m 'a/b=x~y' | jq -r .id)" = "$(jq -r .id one)" ]
	run -64 --separate-stderr tc-list -p ffmpeg-micro -b nightly
	[[ $stderr = *"ffmpeg-micro has no place for the name of a batch"* ]] || false
}

@test "--orphans: what no item of the ledger has; --missing: what the service does not list" {
	serve --encoder "$ENCODER"
	printf 'https://h/%s.mp4\n' a b >urls
	tc-create --quiet -l L <urls >made
	tc-create --quiet https://h/orphan.mp4 >orphan
	cp L before
	run -0 --separate-stderr tc-list --orphans -l L
	[ "$(jq -r .id <<<"$output")" = "$(jq -r .id orphan)" ]
	run -0 --separate-stderr tc-list --missing -l L
	[ -z "$output" ]
	kill "$PID" && until_true gone "$PID"
	rm -rf state
	serve --encoder "$ENCODER"
	run -0 --separate-stderr tc-list --missing -l L
	[ "$(jq -c '[.input, .ok, .id, .error.code]' <<<"$output")" = "$(jq -c '[.input, false, .id, "rejected"]' made)" ]
	cmp L before
	run -64 tc-list --orphans
	run -64 tc-list --orphans --missing -l L
	run -78 tc-list --orphans -l urls
	run -74 tc-list --orphans -l nowhere
}

@test "no operands; times and words that cannot be are 64; a refused key 77; nobody there 69; a full disk 74" {
	serve --encoder "$ENCODER"
	local bad
	for bad in 'job_1' '--since yesterday' '--max -1' '-m x -p transcodely' '--until 24'x; do
		# shellcheck disable=SC2086 # words
		run -64 tc-list $bad
	done
	tc-create --quiet https://h/1.mp4 >made
	run -74 sh -c 'tc-list >/dev/full'
	TC_BASE_URL=http://127.0.0.1:9 run -69 tc-list --retries 0
	echo secret >key
	chmod 600 key
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --key-file key
	run -77 tc-list
}

@test "a page that fails for a time is asked for again" {
	serve --encoder "$ENCODER"
	tc-create --quiet https://h/1.mp4 >made
	kill "$PID" && until_true gone "$PID"
	serve --encoder "$ENCODER" --fault status-503=0.7 --seed 5
	export TC_PROVIDER=./local.json
	jq '.pace.backoff = "20ms"' "$ROOT/lib/profiles/local.json" >local.json
	run -0 --separate-stderr tc-list --retries 50
	[ "$(jq -r .id <<<"$output")" = "$(jq -r .id made)" ]
}
