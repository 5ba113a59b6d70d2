#!/bin/sh
# tests/circles.sh [BUILD]: checks that no object files of lib/, or of one tool, call each other in a
# circle, prints the calls of each circle and fails if there is one. Run at the top of the tree, after make.
set -u
build=${1:-build}
bad=0

# The object files of the sources that are there.
objects() {
	find "$1" -name '*.c' | sort | while read -r source; do
		object=$build/${source%.c}.o
		[ ! -e "$object" ] || echo "$object"
	done
}

circle() {
	# shellcheck disable=SC2046 # file names of ours
	nm -A -P -g $(objects "$1") | awk -v skip=$((${#build} + ${#1} + 3)) '
	# "build/lib/base/buf.o: buf_add T 0 1f": a definition; U: a use
	$1 != path { path = $1; id[++files] = substr(path, skip); sub(/\.o:$/, "", id[files]) }
	$3 == "U" { use[++uses] = $2; user[uses] = files; next }
	$3 ~ /^[A-TV-Z]$/ { home[$2] = files }
	END {
		for (i = 1; i <= uses; i++)
			if (use[i] in home && home[use[i]] != user[i]) calls[user[i], home[use[i]]] = calls[user[i], home[use[i]]] " " use[i]
		# remove files that call none of the rest, or that none of them calls
		do {
			gone = 0
			split("", out); split("", in_)
			for (k in calls) { split(k, e, SUBSEP); out[e[1]] = 1; in_[e[2]] = 1 }
			for (k in calls) {
				split(k, e, SUBSEP)
				if (!(e[2] in out) || !(e[1] in in_)) { delete calls[k]; gone = 1 }
			}
		} while (gone)
		for (k in calls) { split(k, e, SUBSEP); printf "%s calls %s:%s\n", id[e[1]], id[e[2]], calls[k] }
	}' | sort
}

for part in lib cmd/tc-*; do
	[ -n "$(objects "$part")" ] || continue
	calls=$(circle "$part")
	[ -z "$calls" ] || { printf '%s: a circle of calls:\n%s\n' "$part" "$calls"; bad=1; }
done
exit $bad
