#!/usr/bin/env bats
# On a cluster: what srun says, arrays of shards, and one rate for many processes.
# tests/cluster/run.sh starts the Slurm and the Redis that this needs.

load ../helper
load ../fake

setup() {
	setup_tc
	export SLURM_CONF REDIS_SOCKET
}

teardown() {
	squeue -h -o %A | sort -u | xargs -r scancel
	stop_started
	# a job that has got its scancel is given KillWait, then MessageTimeout on a slow machine
	UNTIL=60 until_true queue_is_empty || { squeue && sinfo -N && return 1; } >&2
}

queue_is_empty() {
	[ -z "$(squeue -h)" ]
}

@test "srun's own trouble is unavailable, the command's statuses and the time limit are permanent" {
	echo x > x
	run -0 --separate-stderr tc-pool -- srun --quiet -n1 -t 1 echo fine < x
	[ "$(jq -r .value <<< "$output")" = fine ]
	run -1 --separate-stderr tc-pool -- srun --quiet -n1 -t 1 sh -c 'exit 3' < x
	[ "$(jq -c '[.error.code, .error.exit, .error.temporary]' <<< "$output")" = '["exit",3,false]' ]
	run -75 --separate-stderr tc-pool --retries 0 -- srun -p nowhere -n1 true < x
	[ "$(jq -r .error.code <<< "$output")" = unavailable ]
	# the working directory is missing on the node, and srun exits 0
	run -75 --separate-stderr tc-pool --retries 0 -- srun -D /no/such/directory -n1 true < x
	[ "$(jq -c '[.ok, .error.code, .error.exit]' <<< "$output")" = '[false,"unavailable",0]' ]
}

@test "scancel and a node that dies are unavailable, never ok" {
	echo x > x
	start_background pool sh -c 'exec tc-pool --retries 0 -- srun -J victim -n1 -t 5 sleep 60 < x'
	until_true sh -c 'squeue -h -n victim -t R | grep -q .'
	scancel -n victim
	until_true gone "$PID"
	[ "$(jq -c '[.ok, .error.temporary]' pool.out)" = '[false,true]' ]
}

@test "an item whose node dies is never ok, and runs again on another" {
	local node job
	echo x > x
	printf '#!/bin/sh\necho $$ > pid; echo up >> runs; [ "$(wc -l < runs)" -gt 1 ] || exec sleep 100\n' > work
	chmod +x work
	start_background pool sh -c "exec tc-pool -- srun -J dying -D $PWD -n1 -t 5 ./work {} < x"
	until_true sh -c 'squeue -h -n dying -t R | grep -q .'
	until_true test -e runs
	node=$(squeue -h -n dying -o %N) job=$(squeue -h -n dying -o %A)
	kill -9 "$(cat "${SLURM_CONF%/*}/slurmd.$node.pid")"
	pgrep -f "slurmstepd: \\[$job\\." | xargs -r kill -9
	kill -9 "$(cat pid)"
	# SlurmdTimeout is 10 s
	UNTIL=60 until_true gone "$PID"
	PATH=$PATH:/usr/sbin slurmd -N "$node" 3>&-
	[ "$(jq -c '[.ok, .attempts > 1]' pool.out)" = '[true,true]' ]
}

@test "TERM twice leaves nothing in the queue, also with a shell that does not exec in between" {
	seq 3 > lines
	start_background pool sh -c 'exec tc-pool -j 3 -- sh -c "srun --quiet -J held -n1 -t 5 sleep 60; true" < lines'
	until_true sh -c '[ "$(squeue -h -n held -t R | wc -l)" = 3 ]'
	kill "$PID"
	until_true grep -q stopping pool.err
	kill "$PID"
	until_true gone "$PID"
	until_true queue_is_empty
	[ "$(jq -r .error.code pool.out | sort -u)" = interrupted ]
}

@test "a pool that is killed leaves nothing in the queue, and the next run does the rest" {
	seq 4 > lines
	# exec: without cgroups, what a shell that is killed has just started is nobody's, and runs on
	printf '#!/bin/sh\necho "$1" >> ran; [ -e go ] || exec sleep 60; echo "$1"\n' > work
	chmod +x work
	start_background pool sh -c "exec tc-pool -j 2 -l ledger -- srun --quiet -J killed -D $PWD -n1 -t 5 ./work {} < lines"
	until_true lines_in ran 2
	kill -9 "$PID"
	until_true queue_is_empty
	touch go
	run -0 --separate-stderr tc-pool -j 2 -l ledger -- srun --quiet -J killed -D "$PWD" -n1 -t 5 ./work {} < lines
	[ "$(jq -r .value <<< "$output" | tr -d '\n')" = 1234 ]
}

@test "an array does a list with --shard and a ledger for each part, and the parts are one result" {
	seq 40 > lines
	cat > job <<-END
		#!/bin/sh
		#SBATCH --array=0-3 -n1 -t 5 -o array.%a.log
		PATH=$PATH
		exec tc-pool --quiet -j 2 --shard \$((SLURM_ARRAY_TASK_ID + 1))/4 -l ledger.\$SLURM_ARRAY_TASK_ID \
			-- sh -c 'echo "\$1" >> ran; echo "done \$1"' _ {} < lines > part.\$SLURM_ARRAY_TASK_ID
	END
	sbatch -D "$PWD" job
	until_true sh -c '[ "$(cat part.* 2> /dev/null | wc -l)" = 40 ]'
	until_true queue_is_empty
	run -0 --separate-stderr tc-report --merge=40 part.*
	[ "$(jq -r .value <<< "$output")" = "$(seq -f 'done %g' 40)" ]
	[ "$(sort -n ran)" = "$(cat lines)" ]
}

@test "-c keeps pools on the nodes: --no-placeholders, no script in between" {
	printf '{"src":"clip %d"}\n' $(seq 50) > lines
	run -0 --separate-stderr tc-pool -c -j 4 --no-placeholders -- srun --quiet -n1 -t 5 "$BUILD/tc-pool" --quiet -j 1 -- echo {.src} < lines
	[ "$(jq -r .value.value <<< "$output")" = "$(seq -f 'clip %g' 50)" ]
}

@test "many items through srun and ffmpeg come out in order, each a file that is whole" {
	ffmpeg -v error -f lavfi -i testsrc=size=64x48:duration=0.2 clip.mkv
	seq 40 > lines
	run -0 --separate-stderr tc-pool -j 8 -- srun --quiet -D "$PWD" -n1 -t 5 sh -c \
		'ffmpeg -nostdin -v error -i clip.mkv -f matroska "$1.part" && mv "$1.part" "$1.mkv"' _ out-{} < lines
	[ "$(jq -r .input <<< "$output")" = "$(cat lines)" ]
	[ "$(ls out-*.mkv | wc -l)" = 40 ]
}

# shares K N [ARG...]: K tc-create share N lines at a service with 100/s:200; their seconds are in $SECONDS_TAKEN.
shares() {
	local k=$1 n=$2 f pids=() from
	shift 2
	setup_fake
	fake --limit 100:200 --latency 40
	jq 'del(.pace.rate)' transcodely.json > shared.json
	export TC_PROVIDER=./shared.json
	redis-cli -s "$REDIS_SOCKET" flushall
	rm -f in.* made.*
	sources "$n" > lines
	split -n "r/$k" -d -a 3 lines in.
	from=$(date +%s%N)
	for f in in.*; do
		tc-create --quiet -j 20 "$@" < "$f" > "made.$f" 2> "err.$f" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	MS=$((($(date +%s%N) - from) / 1000000))
	echo "$k processes: $MS ms, $(stats .refused_429) answers 429"
	[ "$(cat made.* | jq -s 'map(select(.ok)) | length')" = "$n" ]
	[ "$(stats .jobs)" = "$n" ]
}

# answered N LINES COMMAND [ARG...]: gives the command the lines and keeps its stdin open until it has written N
# lines to ./waits. It ends with 0 then, and has written no more.
answered() {
	local n=$1 text=$2 status
	shift 2
	: >waits
	{ printf '%b' "$text"; until_true lines_in waits "$n"; } | "$@" >waits
	status=$?
	[ $status = 0 ] && [ "$(wc -l <waits)" = "$n" ]
}

@test "tc-rate: 1, 16 and 64 processes keep one rate: hardly a 429, and little time is lost" {
	local k
	for k in 1 16 64; do
		shares "$k" 600 --rate 100/s:200 --rate-cmd "tc-rate unix:$REDIS_SOCKET/limit"
		[ "$(stats .refused_429)" -le 2 ]
		# of 4.0 s; a machine that does other things too takes its time to start 128 processes
		[ "$MS" -ge 3900 ]
		[ "$MS" -le 8000 ]
	done
}

@test "tc-rate learns a rate that nobody tells, and all pause when one is refused" {
	shares 4 600 --rate-cmd "tc-rate unix:$REDIS_SOCKET/limit"
	[ "$(stats .refused_429)" -le 200 ]
}

@test "tc-rate: starts are spaced by one clock, a pause holds for all, and lines are answered in order" {
	answered 3 'start\nstart\nstart\n' tc-rate --rate 10/s:2 "unix:$REDIS_SOCKET/spaced"
	awk 'NR == 1 && $1 > 0.05 || NR == 3 && ($1 < 0.08 || $1 > 0.15) { exit 1 } END { exit NR != 3 }' waits
	{ echo 'throttled 5'; sleep 0.3; } | tc-rate "unix:$REDIS_SOCKET/spaced"
	answered 1 'start\n' tc-rate "unix:$REDIS_SOCKET/spaced"
	awk '$1 < 4 || $1 > 6 { exit 1 } END { exit NR != 1 }' waits
	answered 1 'limit remaining=0 reset=3\nstart\n' tc-rate "unix:$REDIS_SOCKET/other"
	awk '$1 < 2.5 || $1 > 3.1 { exit 1 } END { exit NR != 1 }' waits
	# what no integer can hold is ten years
	answered 1 'throttled 1e300\nlimit remaining=0 reset=inf\nstart\n' tc-rate "unix:$REDIS_SOCKET/long"
	awk '$1 < 315359990 || $1 > 315360001 { exit 1 } END { exit NR != 1 }' waits
}

@test "tc-rate: no server, and a password in the wrong place" {
	run -75 --separate-stderr tc-pool --rate-cmd "tc-rate unix:$PWD/none/limit" -- touch ran <<< x
	[ ! -e ran ]
	[[ "$stderr" = *'tc-rate: '* ]]
	run -64 tc-rate redis://user:word@127.0.0.1/limit
	[[ "$output" != *word@* ]]
	[[ "$output" = *TC_RATE_PASSWORD* ]]
	run -64 tc-rate http://user:word@127.0.0.1/limit
	[[ "$output" != *word@* ]]
	run -64 tc-rate redis://127.0.0.1:65536/limit
	run -64 tc-rate http://127.0.0.1/limit
	run -64 env -u TC_RATE_URL tc-rate
	echo secret > password
	chmod 644 password
	run -78 tc-rate --password-file password "unix:$REDIS_SOCKET/limit" < /dev/null
	chmod 600 password
	run -77 tc-rate --password-file password "unix:$REDIS_SOCKET/limit" < <(echo start; sleep 2)
	redis-cli -s "$REDIS_SOCKET" config set requirepass secret
	answered 1 'start\n' tc-rate --password-file password "unix:$REDIS_SOCKET/limit"
	run -77 tc-rate "unix:$REDIS_SOCKET/limit" < <(echo start; sleep 2)
	answered 1 'start\n' env TC_RATE_PASSWORD=secret "TC_RATE_URL=unix:$REDIS_SOCKET/limit" tc-rate
	redis-cli -s "$REDIS_SOCKET" -a secret config set requirepass ''
}

@test "tc-rate: with TLS the server must prove that it is the host" {
	local port=16998 url
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost' 2> /dev/null
	start_background redis redis-server --port 0 --tls-port $port --tls-cert-file cert.pem --tls-key-file key.pem \
		--tls-ca-cert-file cert.pem --tls-auth-clients no --bind 127.0.0.1 --save ''
	until_true redis-cli --tls --cacert cert.pem -h localhost -p $port ping
	answered 1 'start\n' tc-rate --cacert cert.pem rediss://localhost:$port/x
	# a password in a URL, with characters that would end it
	redis-cli --tls --cacert cert.pem -h localhost -p $port config set requirepass 'a/b@c%'
	answered 1 'start\n' env TC_RATE_URL=rediss://default:a%2Fb%40c%25@localhost:$port/x tc-rate --cacert cert.pem
	# by another name, or signed by nobody we know: no answer
	for url in "--cacert cert.pem rediss://127.0.0.1:$port/x" "rediss://localhost:$port/x"; do
		run -69 --separate-stderr tc-rate $url < <(echo start; sleep 8)
		[ -z "$output" ]
	done
}
