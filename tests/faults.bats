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
		gives 75 timeout 20 tc-create -l L https://h/a
		[ "$(stats .jobs .creates)" = "1 1" ]
		gives 75 timeout 20 tc-create -l M --adopt https://h/a
		rm -f M
		[ "$(stats .jobs .creates)" = "1 1" ]
	done
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

# sealed: the lines of stdin, each with its own checksum anew.
sealed() {
	local line
	while IFS= read -r line; do
		line=${line%,\"crc\":*}
		printf '%s,"crc":"%s"}\n' "$line" "$(printf %s "$line" | gzip -c | tail -c 8 | od -An -tx4 -N4 | tr -d ' ')"
	done
}

# killed_while_sending YES|NO: L is of a run that was killed after its create had been sent; acted on or not.
killed_while_sending() {
	rm -f L
	fake --fault never --on create --first 1 --commit "$1"
	bash -c 'exec tc-create -l L https://h/a >out 2>err' 3>&- &
	pid=$!
	until_true asked_to_create
	kill -9 $pid
	wait $pid || true
}

asked_to_create() {
	[ "$(stats .creates)" = 1 ]
}

@test "FFmpeg Micro: a job that another process may have made for its own line is not taken" {
	local low='{"inputs":[{"url":"https://h/a"}],"preset":{"quality":"low"}}' high='{"inputs":[{"url":"https://h/a"}],"preset":{"quality":"high"}}'
	fake --fault never --on create --first 1 --commit yes --fault close --on create --first 1 --commit no
	start_background killed tc-create -l L "$high"
	until_true asked_to_create
	gives 75 timeout 20 tc-create -l L "$low"
	jq -e '.error | .code == "in_doubt" and .temporary and (.message | contains("another process"))' out
	kill -9 "$PID"
	until_true gone "$PID"
	gives 75 timeout 20 tc-create -l L "$low"
	[ "$(stats .jobs .creates)" = "1 2" ]
	# one that it cannot have made is
	rm L
	fake --fault never --on create --first 1 --commit yes --fault close --on create --commit yes --first 1
	start_background killed tc-create -l L "$high"
	until_true asked_to_create
	gives 0 timeout 20 tc-create -l L https://h/b
	[ "$(stats .jobs .creates)" = "2 2" ]
	kill -9 "$PID"
	until_true gone "$PID"
}

@test "FFmpeg Micro: an intent of a killed run is settled by the list; one dated in the future is ignored" {
	local made
	for made in yes no; do
		killed_while_sending $made
		gives 0 timeout 20 tc-create -l L https://h/a
		[ "$(stats .jobs)" = 1 ]
		# the clock was set back by an hour since
		killed_while_sending $made
		sed -E "s/(\"t\":\"intent\".*\"at\":\")[^\"]*/\1$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S.000Z)/" L | sealed >M
		chmod 600 M
		gives 0 timeout 20 tc-create -l M https://h/a
		[ "$(stats .jobs)" = 1 ]
		gives 0 timeout 20 tc-create -l M https://h/a
		[ "$(stats .jobs)" = 1 ]
	done
}

@test "Transcodely: a create whose answers were lost stays in doubt in the ledger, until one refuses the request itself" {
	service transcodely
	fake --fault status:503 --on create
	gives 75 tc-create --retries 1 -l L https://h/a
	[ "$(jq -sr 'last | .t, .lost' L | tr '\n' ' ')" = "intent true " ]
	fake --fault status:503 --on create --first 1 --fault status:422 --on create
	gives 1 tc-create --force-ledger -l L https://h/a
	[ "$(jq -sr 'last | .t, .error.code' L | tr '\n' ' ')" = "ended rejected " ]
}

# forgetful WINDOW: a service that says it knows a key for so long, and knows none.
forgetful() {
	jq --arg w "$1" '.idempotency = {in: "header", name: "Idempotency-Key", max: 64, window: $w}' ffmpeg-micro.json >"window-$1.json"
	export TC_PROVIDER=./window-$1.json
}

@test "a key that the service has forgotten is not sent again, whatever ended the run that sent it" {
	local fault
	forgetful 1ms
	for fault in close status:500 malformed; do
		rm -f L
		fake --fault "$fault" --commit yes --on create --first 1
		gives "$([ "$fault" = close ] && echo 69 || echo 75)" tc-create --retries 0 -l L https://h/a
		lacks '"t":"ended"' L
		gives 0 timeout 20 tc-create -l L https://h/a
		[ "$(stats .jobs .creates)" = "1 1" ]
	done
	# a second signal ends the request
	rm -f L
	fake --fault never --commit yes --on create --first 1
	bash -c 'exec tc-create -l L https://h/a >out 2>err' 3>&- &
	pid=$!
	until_true asked_to_create
	kill $pid
	until_true grep -q stopping err
	kill $pid
	wait $pid || true
	gives 0 timeout 20 tc-create -l L https://h/a
	[ "$(stats .jobs .creates)" = "1 1" ]
}

@test "the age of a key: from when it was first sent; unknown if that is in the future" {
	forgetful 1h
	killed_while_sending yes
	sed -E "s/(\"t\":\"intent\".*\"at\":\")[^\"]*/\1$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S.000Z)/" L | sealed >M
	chmod 600 M
	jq '.idempotency.window = "1ms"' window-1h.json >short.json
	TC_PROVIDER=./short.json gives 0 timeout 20 tc-create --force-ledger -l M https://h/a
	[ "$(stats .jobs .creates)" = "1 1" ]
	# 59 minutes later it is still good; what a run of then sends again leaves its age as it is
	sed -E "s/(\"t\":\"intent\".*\"at\":\")[^\"]*/\1$(date -u -d '-59 minutes' +%Y-%m-%dT%H:%M:%S.000Z)/" L | sealed >N
	chmod 600 N
	fake --fault status:503 --on create
	gives 75 timeout 20 tc-create --force-ledger --retries 2 -l N https://h/a
	[ "$(stats .creates)" = 3 ]
	[ "$(jq -r 'select(.t == "intent") | .since // .at' N | cut -c1-16 | sort -u)" = "$(jq -r 'select(.t == "intent").at' N | head -n 1 | cut -c1-16)" ]
}

@test "what expires, as a line says that was written in the future, has expired" {
	local when
	fake
	gives 0 tc-create https://h/a
	tc-wait <out >ended
	for when in '+30 seconds 1' '+1 hour 2'; do
		rm -f L M
		gives 0 tc-url -l L <ended
		sed -E "s/(\"t\":\"done\".*\"at\":\")[^\"]*/\1$(date -u -d "${when% *}" +%Y-%m-%dT%H:%M:%S.000Z)/" L | sealed >M
		chmod 600 M
		gives 0 tc-url -l M <ended
		[ "$(grep -c '"t":"done"' M)" = "${when##* }" ]
	done
}

@test "--max-new: the jobs that are made have their retries, and their doubts are settled" {
	local fault
	for fault in status:429 status:401 status:521 status:502 close; do
		rm -f L
		fake --fault "$fault" --on create --first 1 --commit no
		[ $fault != status:401 ] || fake --fault $fault --on create --after 1 --first 1
		sources 5 | gives 75 timeout 20 tc-create -j 2 -l L --max-new 2
		[ "$(jq -r '.error.code // "ok"' out | sort | uniq -c | xargs)" = "3 not_attempted 2 ok" ] || { echo "$fault"; cat out; return 1; }
		[ "$(stats .jobs)" = 2 ]
	done
}

@test "an item that a process has left in doubt is not waited for, though that process goes on" {
	local name
	mkfifo lines
	for name in transcodely ffmpeg-micro; do
		service $name
		rm -f L
		fake --fault close --on create --fault status:404 --on list
		start_background held bash -c 'exec tc-create --retries 0 -l L <lines'
		exec 5>lines
		echo https://h/a >&5
		until_true lines_in held.out 1
		gives 75 timeout 10 tc-create --retries 0 -l L https://h/a || gives 69 timeout 10 tc-create --retries 0 -l L https://h/a
		exec 5>&-
		until_true gone "$PID"
	done
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
