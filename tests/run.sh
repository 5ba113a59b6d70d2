#!/bin/sh
# tests/run.sh SUITE...: runs the suites given, JOBS at a time, with the tools
# built in BUILD (build) first in PATH, and says in the last line how many tests
# passed and failed. Tests wait more than they compute, so JOBS is three for each
# processor; their files are in memory where there is room, unless TMPDIR says
# where: a suite syncs its ledgers thousands of times. A suite is a .bats file or a program; both speak TAP on
# stdout ("ok", "not ok" and, if they like, a plan). Of a suite that fails all of
# its output is shown. Ends with 0 only if tests were run and none failed.
set -u
me=$0

# Reads TAP; prints "PASSED FAILED SKIPPED". Tests of the plan that were never
# heard of have failed, and so has a suite that ends badly and does not say why.
count() {
	awk -v status="$1" '
		/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; plan = 1 }
		/^ok( |$)/ { seen++; if (/# (skip|SKIP)/) skipped++; else passed++ }
		/^not ok/ { seen++; failed++ }
		END {
			if (plan && seen < planned) failed += planned - seen
			if (!failed && (status != 0 || !seen)) failed = 1
			print passed + 0, failed + 0, skipped + 0
		}'
}

# A suite that hangs is ended, with all that it started; its tests have failed.
if command -v timeout >/dev/null; then
	bounded() {
		timeout -k 5 "${SUITE_SECONDS:-400}" "$@"
	}
else
	bounded() {
		"$@"
	}
fi

# One suite, its results into the directory $RESULTS.
one() {
	name=${1##*/}
	log=$RESULTS/$name.log
	start=$(date +%s)
	case $1 in
	*.bats) bounded bats --tap "$1" ;;
	*/*) bounded "$1" ;;
	*) bounded "./$1" ;;
	esac >"$log" 2>&1 </dev/null
	status=$?
	# one write each, so that suites side by side do not mix
	{
		# shellcheck disable=SC2046 # three numbers
		set -- $(count "$status" <"$log")
		echo "$*" >"$RESULTS/$name.count"
		printf '%-28s %4s passed  %s failed' "$name" "$1" "$2"
		[ "$3" = 0 ] || printf ', %s skipped' "$3"
		printf '  (%s s)\n' $(($(date +%s) - start))
		if [ "$2" != 0 ]; then
			sed 's/^/    /' "$log"
			echo "    $name: exit status $status$([ $status -ne 124 ] || echo ', ended because it took too long')"
		else
			sed -n 's/^ok [0-9]* *\(.*# [sS][kK][iI][pP].*\)/    \1/p' "$log"
		fi
	} >"$log.shown"
	cat "$log.shown"
}

# The processors that there are, times three.
jobs() {
	n=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
	echo $((3 * n))
}

# A directory in memory, with a gigabyte free and where programs may be started.
memory() {
	shm=$(mktemp -d /dev/shm/tc.XXXXXX 2>/dev/null) || return
	printf '#!/bin/sh\n' >"$shm/try" && chmod +x "$shm/try" && "$shm/try" 2>/dev/null &&
		[ "$(df -Pk "$shm" | awk 'NR == 2 { print $4 }')" -ge 1048576 ] && rm "$shm/try" && return
	rm -rf "$shm" && shm= && return 1
}

if [ "${1-}" = --one ]; then
	one "$2"
	exit 0
fi

shm=
if [ -z "${TMPDIR-}" ] && memory; then
	export TMPDIR="$shm"
fi
RESULTS=$(mktemp -d) || exit 74
trap 'rm -rf "$RESULTS" ${shm:+"$shm"}' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ ! -d "${BUILD:=build}" ] || BUILD=$(cd "$BUILD" && pwd)
PATH=$BUILD:$BUILD/tests:$PATH
export RESULTS BUILD PATH
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# The long ones first, so that none is left alone at the end: those that say so in a line "# Slow: ...", then by size.
# shellcheck disable=SC2012 # names of ours, without newlines
[ $# -eq 0 ] || { grep -l '^# Slow: ' -- "$@" /dev/null; ls -S -- "$@"; } | awk '!seen[$0]++' | tr '\n' '\0' | xargs -0 -n 1 -P "${JOBS:-$(jobs)}" sh "$me" --one
cat "$RESULTS"/*.count 2>/dev/null | awk -v suites=$# '
	{ passed += $1; failed += $2 }
	END {
		if (NR != suites) failed += suites - NR
		printf "%d passed, %d failed\n", passed, failed
		exit !(passed > 0 && failed == 0)
	}'
