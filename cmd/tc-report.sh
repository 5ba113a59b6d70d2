#!/bin/sh
# tc-report: says for people how a batch went. One jq reads all records; this
# script reads the options, hands the files over, and makes the exit status.
set -u

help() {
	cat <<'END'
usage: tc-report [-l ledger | file ...]
Print how a batch went, from its records: a summary, then a line for each item.

  -l, --ledger FILE           say where the batch of this ledger stands, from it alone
  -h, --help                  print this and exit
  -V, --version               print the version and exit

With no file, or where a file is -, standard input is read.
man tc-report tells the rest, man tc how the tools fit together.
END
}

usage() {
	echo "tc-report: $1 (try tc-report --help)" >&2
	exit 64
}

ledger=
while [ $# -gt 0 ]; do
	case $1 in
	-l | --ledger)
		[ $# -gt 1 ] || usage "$1 wants a value"
		ledger=$2
		shift 2
		continue
		;;
	--ledger=*) ledger=${1#*=} && shift && continue ;;
	-l*) ledger=${1#-l} && shift && continue ;;
	-h | --help) help && exit 0 || exit 74 ;;
	-V | --version) echo 'tc-report @VERSION@' && exit 0 || exit 74 ;;
	--) shift && break ;;
	-?*) usage "unknown option $1" ;;
	*) break ;;
	esac
done

[ -z "$ledger" ] || [ $# -eq 0 ] || usage '-l takes no files beside it'
if ! command -v jq >/dev/null; then
	echo 'tc-report: jq is not installed, or not in PATH: it reads the records' >&2
	exit 78
fi

# A file begins with a line of its own: RS, which no JSON text begins with, and
# its name. So lines can be named, and one that lacks its newline takes none of
# the next file with it. RS alone says that reading stopped.
files() {
	for file; do
		printf '\036%s\n' "$file"
		case $file in
		-) cat ;;
		*) cat <"$file" ;;
		esac || printf '\n\036\n'
		echo
	done
}

# shellcheck disable=SC2016 # the dollars are jq's
program='
# What came over the network must not steer a terminal: control characters, and
# those that turn the direction of writing.
def clean:
	explode | map(if . < 32 or (. > 126 and . < 160) or (. > 8231 and . < 8239) or (. > 8293 and . < 8298)
		then 63 else . end) | implode;
def text: if type == "string" then . elif . == null then "" else tojson end | clean;
def first_text: [.[] | text | select(. != "")][0] // "";

# A record of our own, or a result of tc-pool around one, or around any output.
def inner: if .value | type == "object" then .value else {} end;
def id: [.id, inner.id, .input] | first_text;
def where:
	([.url, inner.url, inner.downloadUrl, (.urls | arrays | .[0])] | first_text) as $url
	| if $url != "" then " -> " + $url
	elif .value | type == "string" then (.value | split("\n")[0] // "" | clean | if . == "" then . else " -> " + . end)
	else ([.state, inner.state, .status, inner.status] | first_text | if . == "" then . else " (" + . + ")" end)
	end;
def error: .error | if type == "object" then . else {message: .} end;
def why: [error.message, error.code, "no reason given"] | first_text;

def item: " #\(.index | text) " +
	if .ok then "ok " + id + where
	elif .open then .open + " " + id + where
	else "FAILED " + why end;
def outcome:
	if .ok then "ok"
	elif .open then "open"
	elif error.code == "not_attempted" then "unsent"
	elif error.temporary == true then "later"
	else "failed" end;

# A line, as an array of the value on it, or of none.
def record($n; $place):
	if length == 0 then {kind: "bad", bad: "tc-report: \($place)not JSON\n"}
	elif .[0] | type != "object" or (.ok | type != "boolean") then
		{kind: "bad", bad: "tc-report: \($place)not a record: it has no \"ok\" that is true or false\n"}
	else
		.[0] | .index //= $n | {kind: outcome, item: item}
	end;

# One after the other, what each line amounts to.
[foreach inputs as $line (
	{line: 0, seen: 0};
	.out = null
	| if $line == "\u001e" then .out = {kind: "torn"}
	elif $line | startswith("\u001e") then .file = ($line[1:] | clean) | .line = 0
	else
		.line += 1
		| if $line == "" then .
		else
			.seen as $n
			| (if .file then .file + ", " else "" end + "line \(.line): ") as $place
			| .out = ($line | try (fromjson | [.]) catch [] | record($n; $place))
			| .seen += 1
		end
	end;
	.out | values
)] as $all
| (reduce $all[].kind as $kind ({}; .[$kind] += 1)) as $n
| def n($kind): $n[$kind] // 0;
"Done: \(n("ok")) succeeded, \(n("failed") + n("later")) failed"
	+ (if n("unsent") > 0 then ", \(n("unsent")) not attempted" else "" end)
	+ (if n("open") > 0 then ", \(n("open")) open" else "" end)
	+ (if n("bad") > 0 then ", \(n("bad")) unreadable" else "" end),
($all[] | .item | values),
([$all[] | .bad | values] | join("") | halt_error(
	if n("torn") > 0 then 74
	elif n("failed") + n("bad") > 0 then 1
	elif n("later") + n("unsent") + n("open") > 0 then 75
	else 0 end))'

# A ledger, tc-ledger(5), as records: an item each, in the order in which they
# were begun. Inside a pool the items are the pool'"'"'s.
# shellcheck disable=SC2016 # the dollars are jq'"'"'s
from_ledger='
def place: [.provider // "", .id] | tojson;
reduce (inputs | try fromjson catch empty | objects) as $e ({items: {}, order: [], ended: {}, urls: {}, pool: false};
	if $e.key then
		(if .items[$e.key] then . else .order += [$e.key] end)
		| .items[$e.key] = ((.items[$e.key] // {}) | {input, tool} + $e | .input //= .input)
		| if $e.tool == "tc-pool" then .pool = true else . end
	elif $e.t == "ended" then .ended[$e | place] = $e
	elif $e.t == "done" then .urls[$e | place] = $e
	else . end)
| . as $l
| [$l.order[] | $l.items[.] | select(($l.pool | not) or .tool == "tc-pool")]
| to_entries[]
| .key as $n | .value
| {index: $n, input} +
	if .t == "intent" then {ok: false, open: "IN DOUBT"}
	elif .t == "done" then .result + {index: $n}
	elif .t == "ended" then {ok: false, error}
	else
		place as $place | $l.ended[$place] as $last | $l.urls[$place] as $url
		| {id} + if $last == null then {ok: false, open: "GOING ON", status}
		elif $last.state == "succeeded" then {ok: true, status: $last.status, url: $url.url}
		else {ok: false, status: $last.status, error: {code: ("job_" + $last.state), temporary: false,
			message: ("job " + .id + ": " + $last.status
				+ ([$last.job | objects | .error_message | strings | select(. != "") | ": " + .][0] // ""))}}
		end
	end'

for file in ${ledger:+"$ledger"} "$@"; do
	[ "$file" = - ] || { [ -r "$file" ] && [ ! -d "$file" ]; } || {
		echo "tc-report: cannot read $file" >&2
		exit 74
	}
done

if [ -n "$ledger" ]; then
	if ! head -n 1 "$ledger" | jq -e '.tc_ledger' >/dev/null 2>&1; then
		echo "tc-report: $ledger: this is no ledger" >&2
		exit 78
	fi
	jq -Rrnc "$from_ledger | tojson" "$ledger" | jq -Rrn "$program"
elif [ $# -gt 0 ]; then
	files "$@" | jq -Rrn "$program"
else
	jq -Rrn "$program"
fi
status=$?
case $status in
0 | 1 | 74 | 75) exit $status ;;
esac
# Whoever read us has gone: they know.
[ $status -gt 128 ] || {
	echo 'tc-report: cannot read the records or write the report' >&2
	status=74
}
exit $status
