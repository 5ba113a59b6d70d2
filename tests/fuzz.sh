#!/bin/sh
# tests/fuzz.sh DIR SECONDS NAME...: runs each fuzz target built in DIR for so
# many seconds, from the texts in tests/fuzz/NAME/ or tests/fuzz/corpus/NAME/.
# What is found on the way is kept in DIR; what breaks something is shown.
set -u
dir=$1 seconds=$2
shift 2
bad=0
for name; do
	found=$dir/corpus/$name
	log=$dir/$name.log
	mkdir -p "$found"
	set -- "$found"
	for seeds in "tests/fuzz/$name" "tests/fuzz/corpus/$name"; do
		[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	done
	if "$dir/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix="$dir/$name-" "$@" >"$log" 2>&1; then
		printf '%-16s fine: %s\n' "$name" "$(sed -n 's/^Done /ran /p' "$log")"
	else
		bad=1
		printf '%-16s FAILED\n' "$name"
		tail -n 40 "$log" | sed 's/^/    /'
	fi
done
exit $bad
