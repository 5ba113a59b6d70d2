# For suites that need a service which misbehaves: load it after helper.
#
# setup, setup_fake, fake, service, gives, lacks, sanitized, sources, outcome.

# The setup of such a suite, unless it says otherwise.
setup() {
	setup_tc
	setup_fake
}

# Profiles with short waits, creates that are soon settled among them, and
# where a source may be any word, as ./ffmpeg-micro.json and
# ./transcodely.json, and keys for both.
setup_fake() {
	local name
	for name in ffmpeg-micro transcodely; do
		once "$name.json" jq 'del(.request.source.only) | .poll = {first: "20ms", factor: 1.2, cap: "100ms"} | .timeout = "5s" |
			.create.settle = "300ms" | .pace.backoff = "20ms"' \
			"$ROOT/lib/profiles/$name.json" || return
	done
	export FFMPEG_MICRO_API_KEY=test-key TRANSCODELY_API_KEY=test-key
	export TC_PROVIDER=./ffmpeg-micro.json
}

# fake [OPTION...]: starts fakeapi; sets API and API2 (its second port), and
# TC_BASE_URL for the filters. Called again, it replaces the one before.
fake() {
	[ -z "${FAKE_PID-}" ] || kill "$FAKE_PID" 2>/dev/null || true
	rm -f fake.out
	start_background fake fakeapi "$@"
	FAKE_PID=$PID
	until_true fake_is_up || { cat fake.err >&2; return 1; }
	{ read -r API; read -r API2; } <fake.out
	export TC_BASE_URL=$API API API2
}

fake_is_up() {
	[ -e fake.out ] && [ "$(wc -l <fake.out)" = 2 ]
}

# service NAME: the filters speak to that one from here on.
service() {
	export TC_PROVIDER=./$1.json
}

# gives STATUS COMMAND [ARG...]: runs it, output into ./out and ./err; true if
# it ends with that status. stdin stays what it is.
gives() {
	local want=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" = "$want" ] && return
	printf 'exit status %s instead of %s: %s\n' "$got" "$want" "$*"
	head -c 2000 err out
	return 1
}

# lacks PATTERN FILE...: none of them has a line with it.
lacks() {
	if grep -aH -- "$@"; then
		return 1
	fi
}

# sanitized: the tools are built with a sanitizer, which takes memory of its own.
sanitized() {
	grep -qa __asan_init "$BUILD/tc-create"
}

# sources N [WORD]: N different ones, a line each.
sources() {
	seq -f "https://example.com/%03g-${2-ok}.mov" "$1"
}

# outcome: the codes in ./out, "ok" where it is.
outcome() {
	jq -rn '[inputs | .error.code // "ok"] | unique | join(" ")' out
}
