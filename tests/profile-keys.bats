# Keys that run out, events that are not signed, and keys that a service forgets.
load helper
load fake

@test "a command prints the key, and prints another one when the first has run out" {
	cat >print-key <<-'END'
		#!/bin/sh
		echo x >>asked
		[ "$(wc -l <asked)" = 1 ] && echo old-key || echo new-key
	END
	chmod +x print-key
	unset FFMPEG_MICRO_API_KEY
	jq '.auth.command = ["./print-key"]' ffmpeg-micro.json >cmd.json
	fake --key new-key
	sources 3 | TC_PROVIDER=./cmd.json gives 0 tc-create
	[ "$(jq -s 'map(select(.ok)) | length' out)" = 3 ]
	[ "$(wc -l <asked)" = 2 ]
	lacks '\(old\|new\)-key' out err
	# one that prints the same again is refused as ever
	printf '#!/bin/sh\necho old-key\n' >print-key
	echo https://example.com/a.mov | TC_PROVIDER=./cmd.json gives 77 tc-create
	printf '#!/bin/sh\nexit 3\n' >print-key
	echo https://example.com/a.mov | TC_PROVIDER=./cmd.json gives 78 tc-create
	grep -q './print-key: exit status 3' err
}

@test "a key file is read again when its key is refused" {
	fake --key new-key
	echo old-key >key && chmod 600 key && mkfifo lines
	start_background create sh -c 'tc-create --key-file key <lines'
	exec 5>lines
	echo new-key >key.new && chmod 600 key.new && mv key.new key
	sources 2 >&5
	exec 5>&-
	until_true gone "$PID"
	[ "$(jq -s 'map(select(.ok)) | length' create.out)" = 2 ]
}

@test "events that are not signed carry our token in their address" {
	local url
	jq '.webhook = {job: "", token: "token", env: "HOOK_TOKEN"}' ffmpeg-micro.json >hook.json
	rm -f ready && mkfifo ready
	start_background hook sh -c 'HOOK_TOKEN=token-of-ours exec tc-hook -p ./hook.json --port 0 --ready-fd 4 4>ready'
	read -r -t 20 url <ready
	post() {
		curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -d '{"id":"j1","status":"completed"}' "$1"
	}
	[ "$(post "$url/")" = 401 ]
	[ "$(post "$url/?token=other")" = 401 ]
	[ "$(post "$url/?token=token-of-ours")" = 200 ]
	until_true grep -q '"id":"j1"' hook.out
	lacks token-of-ours hook.out hook.err
}

@test "-n, records, ledger and messages do not have what a secret variable holds" {
	jq '.request.defaults.shelf = {key: "${SHELF_SECRET}"} | .create.path = "/v1/transcodes?shelf=${SHELF_SECRET}"' ffmpeg-micro.json >shelf.json
	export TC_PROVIDER=./shelf.json
	fake --log requests
	gives 78 tc-create https://example.com/a.mov
	grep -q 'SHELF_SECRET is not set' err
	export SHELF_SECRET=very/secret=indeed
	gives 0 tc-create -n https://example.com/a.mov
	[ "$(jq -r .request.shelf.key out)" = '${SHELF_SECRET}' ]
	gives 0 tc-create -v -l ledger https://example.com/a.mov '{"inputs":[{"url":"https://e.com/${SHELF_SECRET}.mp4"}]}'
	lacks 'secret=indeed\|secret%3Dindeed' out err ledger
	grep -q 'shelf=very%2Fsecret%3Dindeed' requests
}

@test "a create that was not answered while the service knew its key is searched for in the list" {
	local base
	jq '.idempotency.window = "0.001ms" | .pace.backoff = "20ms" | .create.settle = "300ms"' \
		"$ROOT/tests/profiles/anything/profile.json" >window.json
	jq -n '{job: {ticket: "T-9", phase: "baking", made: 1995165200000, src: "https://example.com/clip.mp4", once: "k1"}} as $job |
		{status: 503, body: {text: "busy"}} as $busy |
		{exchanges: [{reply: $busy}, {reply: {status: 200, body: {all: [$job]}}}]}' >case.json
	start_background replay replay case.json log
	until_true test -s replay.out
	base=$(cat replay.out)/v3
	export ANYTHING_KEY=key-of-ours ANYTHING_SHELF=x ANYTHING_TOKEN=token/of=ours
	echo https://example.com/clip.mp4 | gives 0 tc-create -k k1 -p ./window.json --base-url "$base"
	[ "$(jq -r .id out)" = T-9 ]
	[ "$(jq -r .method log | tr '\n' ' ')" = "POST GET " ]
	# within the window the same create is sent again
	jq '.idempotency.window = "1h"' window.json >hour.json
	jq '.exchanges[1].reply.body = {job: {ticket: "T-8", phase: "baking"}}' case.json >case2.json
	rm -f log replay.out
	start_background replay replay case2.json log
	until_true test -s replay.out
	echo https://example.com/clip.mp4 | gives 0 tc-create -k k1 -p ./hour.json --base-url "$(cat replay.out)/v3"
	[ "$(jq -r .id out)" = T-8 ]
	[ "$(jq -r .method log | tr '\n' ' ')" = "POST POST " ]
}
