# shellcheck shell=sh
# What the rows of tests/bench/run.sh (rows-*.sh) are fed with. Of each row,
# about_ROW says what it is, row_ROW is one round of it, goals_ROW what must be
# reached, rounds_ROW how many rounds (at most) if it is not worth ROUNDS.
# "limit" is a program that does only the core of the work: children.c,
# requests.c, scan.c.

ALL='pool8 pool64 memory sleep coprocess poolitems'
ALL="$ALL post posth2 posttls tlsone latency stream flight items million"
ALL="$ALL rate told date shared rivals limit hold pass start ledger resume"
ALL="$ALL getone getmany putone putmany batch"

# numbered N: JSON lines 0 to N-1 that hold item-N; some 300 bytes with a request's members.
numbered() {
	[ -s "post$1" ] || jq -nc --argjson n "$1" '("x" * 200) as $x | range($n)
		| {inputs: [{url: "https://example.com/item-\(.).mov"}], outputFormat: "mp4", note: $x}' >"post$1"
}

# lines N: 200 bytes of JSON each, for echo.
lines() {
	[ -s "line$1" ] || jq -nc --argjson n "$1" '("x" * 155) as $x | range($n) | {n: (1000000 + .), name: "clip \(1000000 + .)", text: $x}' >"line$1"
}

ids() {
	[ -s "id$1" ] || seq -f job_%.0f "$1" >"id$1"
}

# What curl sends for each line of FILE: curl_config URL [OPTION...] <FILE. Options are said again for each.
curl_config() {
	url=$1
	shift
	options=$(printf '%s\n' "$@")
	sed 's/["\\]/\\&/g' | awk -v url="$url" -v options="$options" '{
		if (NR > 1) print "next"
		printf "url = \"%s\"\nheader = \"Content-Type: application/json\"\nheader = \"Authorization: Bearer key\"\nnoproxy = \"*\"\nsilent\n%s\ndata-binary = \"%s\"\n", url, options, $0 }'
}

# xargs_curl N J URL [curl's option...]: N items, one curl each. Quoting is xargs's affair: -d.
xargs_curl() {
	items=$1 at_once=$2 to=$3
	shift 3
	head -n "$items" post10000 >some
	measure xargs "$items" -i some xargs -d '\n' -n1 -P"$at_once" curl -s --noproxy '*' -H 'Content-Type: application/json' \
		-H 'Authorization: Bearer key' "$to/v1/transcodes" "$@" -d
}
