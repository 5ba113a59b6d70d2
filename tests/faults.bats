#!/usr/bin/env bats
# A service at its worst. What is held here, whatever it does: one line a line,
# a stated code and exit status in a bounded time, and never two jobs for one
# source.
# Slow: most of its runs wait before they ask again.

load helper
load fake

# on_create FAULT COMMIT STATUS CODES JOBS: three creates, the first answer
# spoilt each time.
on_create() {
	fake --fault "$1" --commit "$2" --on create --per-item 1
	gives "$3" timeout 20 tc-create --retries 2 https://h/a https://h/b https://h/c || { echo "on_create $*"; return 1; }
	if ! [[ $(wc -l <out) = 3 && $(outcome) =~ ^($4)$ && $(stats .jobs .most_per_source) =~ ^"$5 "[01]$ ]]; then
		echo "on_create $*: $(outcome), $(stats .)"
		cat out
		return 1
	fi
}

@test "FFmpeg Micro: a job whose create response was lost is found in the list and adopted" {
	local fault
	for fault in close rst half-head truncate status:500 status:502 status:504; do
		on_create $fault yes 0 ok 3
	done
}

@test "FFmpeg Micro: a job whose create response was unusable or missing is found, too" {
	local fault
	for fault in malformed html empty short-length; do
		on_create $fault yes 0 ok 3
	done
}

@test "FFmpeg Micro: a sent request counts as lost, not unsent, when the listener is gone or does not speak HTTP" {
	fake --fault down:300 --commit yes --on create --first 1
	gives 0 timeout 30 tc-create -j 1 https://h/a https://h/b
	[ "$(stats .jobs)" = 2 ]
	[ "$(stats .creates)" = 2 ]
	on_create garbage yes 0 ok 3
}

@test "FFmpeg Micro: a create that was not acted on is in doubt until the list settles it, and is then sent again" {
	local fault
	for fault in close rst half-head status:500; do
		on_create $fault no 0 ok 3
	done
	on_create status:503 no 0 ok 3
	on_create status:429 no 0 ok 3
}

@test "FFmpeg Micro: --in-doubt=fail: a create that was not acted on stays in doubt and is not sent again" {
	local fault
	for fault in close rst half-head status:500 status:503; do
		fake --fault $fault --on create --commit no --per-item 1
		gives 75 timeout 20 tc-create --in-doubt=fail https://h/a https://h/b https://h/c || { echo "$fault"; return 1; }
		[ "$(outcome)" = in_doubt ]
		jq -se 'all(.error.temporary)' out
		[ "$(stats .jobs .creates)" = "0 3" ]
	done
}

@test "FFmpeg Micro: any 5xx to a create is in doubt, except those that say that it did not reach the origin" {
	local status
	for status in 500 502 503 504 506 507 508 511 520 522 524 527 529 598 599; do
		on_create status:$status yes 0 ok 3
		[ "$(stats .creates)" = 3 ]
	done
	for status in 521 523 525 526 530; do
		on_create status:$status no 0 ok 3
		[ "$(stats .lists)" = 0 ]
	done
	for status in 501 505; do
		on_create status:$status no 1 'unavailable|rejected' 0
		[ "$(stats .lists)" = 0 ]
	done
}

@test "FFmpeg Micro: 502 to 15 % of the creates, before they are acted on: every line ok, one job each" {
	fake --fault status:502 --on create --chance 0.15
	sources 150 >lines
	gives 0 timeout 60 tc-create -j 8 <lines
	[ "$(jq -r .input out)" = "$(cat lines)" ]
	[ "$(stats .jobs .most_per_source)" = "150 1" ]
	[ "$(stats .creates)" -gt 150 ]
	# and with some that were acted on, noted in a ledger
	fake --fault status:502 --on create --chance 0.15 --fault close --commit yes --on create --chance 0.1
	gives 0 timeout 60 tc-create -j 8 -l L <lines
	[ "$(stats .jobs .most_per_source)" = "150 1" ]
	gives 0 tc-create -l L <lines
	[ "$(stats .jobs)" = 150 ]
}

@test "FFmpeg Micro: when the retries run out after the list has settled it, the line is unavailable, without a job" {
	fake --fault status:502 --on create
	gives 75 timeout 20 tc-create --retries 2 -l L https://h/a
	jq -e '.error | .code == "unavailable" and .http == 502 and .temporary' out
	[ "$(stats .creates)" = 3 ]
	[ "$(jq -r .t L | tail -n 1)" = ended ]
	# each intent is as old as what was sent last
	[ "$(jq -s 'map(select(.t == "intent")) | length' L)" = 3 ]
	jq -se 'map(select(.t == "intent" and .since)) == []' L
}

@test "FFmpeg Micro: what is in doubt holds no slot and no place in the window; a stopped run leaves it to the next" {
	jq '.create.settle = "1h"' ffmpeg-micro.json >slow.json
	fake --fault status:502 --on create --first 100
	sources 300 >lines
	bash -c 'exec tc-create -p ./slow.json -l L -u -j 1 <lines >out 2>err' 3>&- &
	pid=$!
	until_true has_lines 200 out
	# each has been asked about once
	until_true grep -Eq '^tc-create: 100 in doubt, asking again in [0-9]+ s(,|$)' err
	kill -USR1 $pid
	until_true grep -Eq '^tc-create: 200 done, 0 failed, 0 running, 100 queued, 100 in doubt, asking again in [0-9]+ s, ' err
	kill $pid
	status=0
	wait $pid || status=$?
	[ "$status" = 143 ]
	[ "$(wc -l <out)" = 300 ]
	jq -se 'map(select(.ok | not) | .error) | length == 100 and all(.code == "in_doubt" and .temporary)' out
	[ "$(stats .jobs)" = 200 ]
	gives 0 timeout 60 tc-create -l L --force-ledger <lines
	[ "$(stats .jobs .most_per_source)" = "300 1" ]
}

has_lines() {
	[ "$(wc -l <"$2")" -ge "$1" ]
}

@test "FFmpeg Micro: a reply that is not a list, or a list that cannot be read, settles nothing" {
	fake --fault status:502 --on create --first 1 --fault status:200 --body '{}' --on list
	gives 75 timeout 20 tc-create -l L https://h/a
	jq -e '.error | .code == "in_doubt" and .temporary and (.message | contains("could not be read"))' out
	# no list at all: only a person can tell
	jq 'del(.list)' ffmpeg-micro.json >listless.json
	fake --fault status:502 --on create --first 1
	gives 1 tc-create -p ./listless.json https://h/a
	jq -e '.error.code == "in_doubt" and (.error.temporary | not)' out
	fake --fault status:502 --on create --first 1
	gives 0 tc-create -p ./listless.json --in-doubt=create https://h/a
	[ "$(stats .jobs)" = 1 ]
}

@test "FFmpeg Micro: lines with the same inputs in doubt: shared out where they ask for the same, not guessed at where they do not" {
	fake --fault close --on create --commit yes --first 1 --fault close --on create --commit no --first 1
	gives 0 timeout 20 tc-create -j 2 https://h/a https://h/a
	[ "$(jq -r .id out | sort -u | wc -l) $(stats .jobs)" = "2 2" ]
	local low='{"inputs":[{"url":"https://h/a"}],"preset":{"quality":"low"}}' high='{"inputs":[{"url":"https://h/a"}],"preset":{"quality":"high"}}'
	fake --fault close --on create --commit yes --first 1 --fault close --on create --commit no --first 1
	gives 1 timeout 20 tc-create -j 2 "$low" "$high"
	[ "$(outcome)" = in_doubt ]
	jq -se 'all(.error.temporary | not)' out
	[ "$(stats .jobs)" = 1 ]
	# neither was made: both are
	fake --fault close --on create --commit no --first 2
	gives 0 timeout 20 tc-create -j 2 "$low" "$high"
	[ "$(stats .jobs)" = 2 ]
}

@test "FFmpeg Micro: Date and created_at a minute apart, or Date an hour ahead of all: the job is found" {
	local ahead
	for ahead in 5 60 -60 3600; do
		fake --clock $ahead --fault close --commit yes --on create --first 1
		gives 0 timeout 20 tc-create https://h/a || { echo "$ahead"; return 1; }
		[ "$(stats .jobs)" = 1 ]
	done
}

@test "FFmpeg Micro: a created_at without a zone, or of no time at all: the inputs decide" {
	local at
	for at in "$(date -u -d '-12 hours' +%Y-%m-%dT%H:%M:%S)" "$(date -u -d '+14 hours' '+%Y-%m-%d %H:%M:%S.25')" 0001-01-01T00:00:00Z 1970-01-01T00:00:00Z; do
		fake --fault close --on create --first 1 --fault status:200 --on list \
			--body "{\"items\":[{\"id\":\"j1\",\"status\":\"pending\",\"inputs\":[{\"url\":\"https://h/a\"}],\"created_at\":\"$at\"}]}"
		gives 0 timeout 20 tc-create https://h/a || { echo "$at"; return 1; }
		jq -e '.id == "j1"' out
		[ "$(stats .creates)" = 1 ]
	done
	# with a zone it is what it says
	fake --fault close --on create --first 1 --fault status:200 --on list \
		--body "{\"items\":[{\"id\":\"j1\",\"status\":\"pending\",\"inputs\":[{\"url\":\"https://h/a\"}],\"created_at\":\"$(date -u -d '-12 hours' +%Y-%m-%dT%H:%M:%SZ)\"}]}"
	gives 0 timeout 20 tc-create https://h/a
	[ "$(stats .creates)" = 2 ]
}

@test "a job that a header names is the line's, whatever the body says" {
	local body
	jq '.create.id_header = "Location" | del(.list)' ffmpeg-micro.json >header.json
	for body in Created '<html>' '{'; do
		fake --fault status:201 --on create --header 'Location: /v1/transcodes/j7' --body "$body"
		gives 0 timeout 20 tc-create -p ./header.json https://h/a
		jq -e '.id == "j7"' out
		[ "$(stats .creates)" = 1 ]
	done
}

@test "FFmpeg Micro: a listed job with the same inputs but no id keeps the line in doubt" {
	local id rest='"status":"pending","inputs":[{"url":"https://h/a"}]'
	for id in '' '"id":null,' '"id":"",' '"id":{},'; do
		rm -f L
		fake --fault close --on create --first 1 --commit yes --fault status:200 --on list --body "{\"items\":[{$id$rest}]}"
		gives 75 timeout 20 tc-create -l L https://h/a || { echo "$id"; return 1; }
		jq -e '.error | .code == "in_doubt" and .temporary and (.message | contains("without an id"))' out
		[ "$(stats .jobs .creates)" = "1 1" ]
	done
	gives 75 timeout 20 tc-create -l L https://h/a # nor does the next run
	gives 75 timeout 20 tc-create -l M --adopt https://h/a
	[ "$(stats .jobs .creates)" = "1 1" ]
	# once it has one, that is the line's
	rm -f L
	fake --fault close --on create --first 1 --commit yes --fault status:200 --on list --first 1 --body "{\"items\":[{$rest}]}"
	gives 0 timeout 20 tc-create -l L https://h/a
	[ "$(stats .jobs .creates)" = "1 1" ]
}

@test "FFmpeg Micro: a list that does not show what its jobs were made of settles nothing" {
	local rest job='{"id":"j1","status":"pending"' made='{"id":"j2","status":"pending","inputs":[{"url":"https://h/b"}]}'
	for rest in '}' ',"inputs":null}' ',"inputs":[]}' ',"inputs":[{"url":""}]}'; do
		rm -f L
		fake --fault close --on create --first 1 --commit yes --fault status:200 --on list --body "{\"items\":[$job$rest]}"
		gives 75 timeout 20 tc-create -l L https://h/a || { echo "$rest"; return 1; }
		jq -e '.error | .code == "in_doubt" and .temporary and (.message | contains("what they were made of"))' out
		[ "$(stats .creates)" = 1 ]
	done
	# it shows that of others
	fake --fault close --on create --first 1 --fault status:200 --on list --body "{\"items\":[$job},$made]}"
	gives 0 timeout 20 tc-create https://h/a
	[ "$(stats .creates)" = 2 ]
	# or the job is another line's
	fake --fault close --on create --after 1 --first 1 --fault status:200 --on list --body '{"items":[{"id":"job_0001"}]}'
	gives 0 timeout 20 tc-create -j 1 https://h/a https://h/b
	[ "$(stats .creates)" = 3 ]
}

@test "FFmpeg Micro: the list is read to its end where a page has fewer jobs than were asked for" {
	sed 's/limit={limit}/limit=1/' ffmpeg-micro.json >small.json
	grep -q 'limit=1&' small.json
	TC_PROVIDER=./small.json
	fake --fault close --commit yes --on create --first 1
	gives 0 timeout 20 tc-create -j 1 https://h/a https://h/b https://h/c
	[ "$(stats .jobs .creates)" = "3 3" ]
}

# A round number may be what a service shows at the most.
@test "FFmpeg Micro: tc-list reads on after a page with fewer jobs than were asked for, if their number is round" {
	local status
	sed 's/limit={limit}/limit=10/' ffmpeg-micro.json >ten.json
	TC_PROVIDER=./ten.json
	fake
	gives 0 tc-create https://h/{a..l}
	gives 0 tc-list
	lines_in out 12
	# a service may refuse the page after the last one
	for status in 404 400 '200 --body {}'; do
		# shellcheck disable=SC2086
		fake --fault fine --on list --first 1 --fault status:$status --on list
		gives 0 timeout 20 tc-create https://h/{a..j}
		gives 0 tc-list
		lines_in out 10
		[ "$(stats .lists)" = 2 ]
	done
	# any other number is that of the last page
	fake
	gives 0 tc-create https://h/{a..c}
	gives 0 tc-list
	[ "$(stats .lists)" = 1 ]
}

@test "FFmpeg Micro: two jobs that could be it are not guessed at" {
	fake --fault close --commit yes --on create --after 1
	gives 0 tc-create https://h/a
	gives 1 tc-create https://h/a
	[ "$(outcome)" = in_doubt ]
	[ "$(stats .jobs)" = 2 ]
	# as many jobs as items that look for one: each has its own
	fake --fault close --commit yes --on create
	gives 0 tc-create -j 2 https://h/a https://h/a
	[ "$(jq -r .id out | sort | tr '\n' ' ')" = "job_0001 job_0002 " ]
}

@test "FFmpeg Micro: the list cannot be read: in doubt" {
	fake --fault close --commit yes --on create --fault status:404 --on list
	gives 75 tc-create https://h/a
	[ "$(outcome)" = in_doubt ]
	[ "$(stats .jobs)" = 1 ]
}

@test "FFmpeg Micro: a page without a list is asked for again; only what persists ends the item" {
	fake --fault close --commit yes --on create --first 1 --fault status:200 --body '{}' --on list --first 2
	gives 0 tc-create https://h/a
	[ "$(stats .jobs)" = 1 ]
	fake --fault status:200 --body '{"items":{}}' --on list --first 2
	gives 0 tc-create https://h/a
	gives 0 tc-list
	lines_in out 1
	fake --fault close --commit yes --on create --first 1 --fault status:200 --body '{}' --on list
	gives 75 tc-create --retries 2 https://h/a
	[ "$(outcome)" = in_doubt ]
	gives 1 tc-list --retries 2
	grep -q 'no list of jobs' err
}

@test "Transcodely: a lost or unusable answer is asked for again with the same key: one job" {
	service transcodely
	local fault
	for fault in close rst half-head truncate malformed html empty short-length status:500 status:502 status:503 status:504; do
		on_create $fault yes 0 ok 3
	done
	for fault in close rst status:500; do
		on_create $fault no 0 ok 3
	done
}
