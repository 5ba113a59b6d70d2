#!/bin/sh
# tests/rooms.sh: checks who includes whom against the table in .github/CONTRIBUTING.md,
# prints each breach and fails if there is one. Run at the top of the tree.
set -u

# shellcheck disable=SC2046 # file names of ours
awk '
# A row: | `lib/json` | base json |
FNR == NR {
	if (split($0, cell, "|") < 4 || cell[2] !~ /`(lib|cmd)/) next
	gsub(/[` ]/, "", cell[2])
	room[cell[2]] = 1
	n = split(cell[3], word, " ")
	for (i = 1; i <= n; i++) may[cell[2], word[i]] = 1
	next
}
FNR == 1 { # the row of the nearest folder above the file
	for (row = FILENAME; row != "" && !(row in room); ) if (!sub(/\/[^\/]*$/, "", row)) row = ""
	if (row == "") { printf "%s: no row for it\n", FILENAME; bad = 1 }
}
/^[ \t]*#[ \t]*include[ \t]*<curl\// && row != "lib/http" {
	printf "%s:%d: libcurl belongs to lib/http alone\n", FILENAME, FNR; bad = 1
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	name = part[2]
	if (name ~ /\.\./ || name ~ /\.c$/) { printf "%s:%d: \"%s\": write it with its folder\n", FILENAME, FNR, name; bad = 1; next }
	folder = name
	if (!sub(/\/[^\/]*$/, "", folder)) folder = ""
	if (folder == "" && row ~ /^cmd/ && (row !~ /tc-serve\// || (row, name) in may)) next # a header of its own tool
	if ((row, folder) in may || (row, name) in may) next
	printf "%s:%d: %s may not include \"%s\"\n", FILENAME, FNR, row, name
	bad = 1
}
END { exit bad }' .github/CONTRIBUTING.md $(find lib cmd -name '*.[ch]' | sort)
