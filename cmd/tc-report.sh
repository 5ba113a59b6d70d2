#!/bin/sh
# tc-report: says for people how a batch went. One jq reads all records; this
# script reads the options, hands the files over, and makes the exit status.
# The build puts the files of cmd/report/ where the @include lines are.
set -u
# a file that may not grow is an error of the write, as a full disk is
command trap '' XFSZ 2>/dev/null || :

help() {
	cat <<'END'
usage: tc-report [-l ledger | file ...]
Print how a batch went, from its records: a summary, then a line for each item.

  -l, --ledger FILE           say where the batch of this ledger stands, from it alone
      --csv                   print a table for spreadsheets (RFC 4180)
      --html FILE             write a page for browsers; with -l, one with a timeline
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

fail() { # STATUS MESSAGE
	echo "tc-report: $2" >&2
	exit "$1"
}

ledger=
html=
form=plain
files_only=
while [ $# -gt 0 ]; do
	case $1 in
	-l | --ledger | --html) [ $# -gt 1 ] || usage "$1 wants a value" ;;
	esac
	case $1 in
	-l | --ledger) ledger=$2 && shift 2 ;;
	--ledger=*) ledger=${1#*=} && shift ;;
	-l*) ledger=${1#-l} && shift ;;
	--csv) form=csv && shift ;;
	--html) html=$2 && shift 2 ;;
	--html=?*) html=${1#*=} && shift ;;
	--html=) usage '--html wants a value' ;;
	-h | --help) help && exit 0 || exit 74 ;;
	-V | --version) echo 'tc-report @VERSION@' && exit 0 || exit 74 ;;
	--) shift && files_only=yes && break ;;
	-?*) usage "unknown option $1" ;;
	*) break ;;
	esac
done

# An option behind a file would be read as one. What comes after -- is a file.
[ "$files_only" ] || for file; do
	case $file in
	--) break ;;
	-?*) usage "options come first, before the operands: $file (a file that begins with - comes after -- or as ./$file)" ;;
	esac
done

[ -z "$ledger" ] || [ $# -eq 0 ] || usage '-l takes no files beside it'
[ -z "$html" ] || [ $form = plain ] || usage '--csv and --html do not go together'
command -v jq >/dev/null || fail 78 'jq is not installed, or not in PATH: it reads the records'

# A file begins with a line of its own: RS, which no JSON text begins with, and
# its name. So lines can be named, and one that lacks its newline takes none of
# the next file with it. RS alone on a line says that reading stopped.
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

definitions() {
	cat <<'END'
@include cmd/report/text.jq
@include cmd/report/ledger.jq
@include cmd/report/rows.jq
@include cmd/report/plain.jq
@include cmd/report/terminal.jq
@include cmd/report/csv.jq
@include cmd/report/timeline.jq
@include cmd/report/page.jq
END
}

style() {
	cat <<'END'
@include cmd/report/page.css
END
}

# page_into FILE: makes it standard output. Records and ledgers cannot be made
# again without paying again: only a page gives way to a page.
page_into() {
	if [ -f "$1" ] && [ -s "$1" ]; then
		case $(head -n 1 "$1" | tr -d '\000') in
		'<!doctype html>') ;;
		*) fail 74 "$1: it is there and is no page: not overwritten" ;;
		esac
	fi
	# shellcheck disable=SC2188 # only to see whether it can be written
	(>>"$1") 2>/dev/null || fail 74 "cannot write $1"
	exec >"$1"
}

# run WHAT: jq with all that is defined.
run() {
	jq -Rrn --arg colour "$colour" --arg ledger "$ledger" --argjson pauses "${pauses:-[]}" --arg css "$(style)" "$(definitions) $1"
}

for file in ${ledger:+"$ledger"} "$@"; do
	[ "$file" = - ] || { [ -r "$file" ] && [ ! -d "$file" ]; } || fail 74 "cannot read $file"
done
if [ -n "$ledger" ] && ! head -n 1 "$ledger" | jq -e '.tc_ledger' >/dev/null 2>&1; then
	fail 78 "$ledger: this is no ledger"
fi

colour=
if [ -n "$html" ]; then
	form=page
	[ "$html" = - ] || page_into "$html"
elif [ $form = plain ] && [ -t 1 ]; then
	form=terminal
	[ -n "${NO_COLOR-}" ] || [ "${TERM:-dumb}" = dumb ] || colour=yes
fi

pauses=
[ -z "$ledger" ] || [ "$form" != page ] || pauses=$(run 'pauses | tojson' <"$ledger")

if [ -n "$ledger" ]; then
	{ run 'items | tojson' <"$ledger" || printf '\n\036\n'; } | run "report($form)"
elif [ $# -gt 0 ]; then
	files "$@" | run "report($form)"
else
	run "report($form)"
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
