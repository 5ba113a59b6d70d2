#!/bin/sh
# tests/cover.sh DIR: which part of the lines of lib/ and cmd/ was run by what
# was built in DIR with --coverage. A line per file, the total last.
set -eu
find "$1/lib" "$1/cmd" -name '*.gcda' | sort | while read -r data; do
	gcov -n -s "$PWD" -r "$data" 2>/dev/null
done | awk '
	/^File / { gsub("\047", "", $2); file = $2 }
	/^Lines executed:/ && file != "" {
		split($0, part, /[:% ]+/)
		share = part[3]; n = part[5]
		# a header or a file of the library may be met more than once: the most counts
		if (!(file in lines) || share * n > run[file]) { lines[file] = n; run[file] = share * n }
		file = ""
	}
	END {
		for (file in lines) {
			all += lines[file]; hit += run[file]
			printf "%6.1f %% of %4d  %s\n", run[file] / lines[file], lines[file], file | "sort -k5"
		}
		close("sort -k5")
		if (!all) { print "nothing was run"; exit 1 }
		printf "%6.1f %% of %d lines\n", hit / all, all
	}'
