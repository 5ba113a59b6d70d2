#!/usr/bin/env bats
# A service at its worst, and a ledger: what the next run, or another process,
# makes of what was lost. Never two jobs for one line.
# Slow: most of its runs wait before they ask again.

load helper
load fake

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
