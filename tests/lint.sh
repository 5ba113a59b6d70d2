#!/bin/sh
# tests/lint.sh: reads everything and fails if a checker has something to say.
# What is switched off has its reason beside it.
set -u
bad=0

say() {
	echo "# $*"
}

failed() {
	echo "lint: $1 has complaints" >&2
	bad=1
}

sources=$(find lib cmd -name "*.c" | LC_ALL=C sort)

say 'functions that cannot be used safely'
# strtok keeps hidden state, ato* hide errors, the others do not know how much room there is
# shellcheck disable=SC2046 # file names of ours
if grep -nE '(^|[^a-z_])(sprintf|vsprintf|strcpy|strcat|stpcpy|gets|atoi|atol|atoll|atof|strtok|tmpnam|mktemp) *\(' \
	$(find lib cmd -name '*.[ch]') | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(\*|/\*|//)'; then
	failed 'the list of unsafe functions'
fi

say clang-tidy
checks='-*,clang-analyzer-*,bugprone-*,cert-*,performance-*,portability-*'
checks=$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling # wants Annex K, which no libc has
checks="$checks,-clang-analyzer-valist.*"                  # clang 14 does not know va_copy(), and has seen a va_list in a function without one
checks=$checks,-clang-analyzer-unix.Vfork,-clang-analyzer-security.insecureAPI.vfork # lib/base/os_spawn.c: on purpose, with care
# these believe that what another function keeps true may be false; the sanitizers watch the same at run time
checks=$checks,-clang-analyzer-unix.Malloc,-clang-analyzer-core.NullDereference,-clang-analyzer-core.NonNullParamChecker
checks=$checks,-clang-analyzer-core.uninitialized.Assign
checks=$checks,-bugprone-easily-swappable-parameters       # taste
checks=$checks,-bugprone-narrowing-conversions             # -Wconversion does it, and knows casts
checks=$checks,-bugprone-implicit-widening-of-multiplication-result # small constants: 15 * 60 * SECOND
checks=$checks,-bugprone-assignment-in-if-condition        # (n = read()) < 0 is the habit here
checks=$checks,-bugprone-sizeof-expression                 # arrays of pointers do grow by sizeof *array
checks=$checks,-bugprone-not-null-terminated-result        # spans have no end mark
checks=$checks,-bugprone-reserved-identifier,-cert-dcl37-c,-cert-dcl51-cpp # feature macros
checks=$checks,-bugprone-branch-clone                      # cases that happen to do the same
checks=$checks,-cert-err33-c                               # wants printf to stderr looked at
checks=$checks,-cert-err34-c                               # sscanf of digits counted before
checks=$checks,-performance-no-int-to-ptr                  # libmicrohttpd and sqlite3 take numbers as pointers
# shellcheck disable=SC2016 # for the inner shell
echo "$sources" | xargs -P "${JOBS:-2}" -n 1 sh -c '
	checks=$1; shift
	clang-tidy --quiet --warnings-as-errors="*" --checks="$checks" "$@" -- \
		-std=c11 -D_POSIX_C_SOURCE=200809L -DTC_VERSION=\"0\" -iquote lib -iquote cmd/tc-serve 2>/dev/null' sh "$checks" ||
	failed clang-tidy

say "libcurl's check of what its options are given"
for source in lib/http/*.c; do
	gcc -std=c11 -D_POSIX_C_SOURCE=200809L -DLIBCURL_LINKED -iquote lib -O2 -Wall -Wsystem-headers -Werror -c -o /dev/null "$source" ||
		failed "$source: libcurl"
done

say cppcheck
# missingIncludeSystem: the C library is not looked into. legacyUninitvar: a bit of a word is set before
# it is asked for. unusedFunction is not on: it is not true of a library.
cppcheck --quiet --std=c11 -j "${JOBS:-2}" --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=legacyUninitvar:lib/json/check.c \
	-D_POSIX_C_SOURCE=200809L -DTC_VERSION='"0"' -Ilib -Icmd/tc-serve lib cmd || failed cppcheck

say 'the layout (make fmt)'
# shellcheck disable=SC2046 # file names of ours
clang-format --dry-run -Werror $(find lib cmd tests -name '*.[ch]') || failed clang-format

say 'who includes whom'
sh tests/rooms.sh || failed 'the include table'

say 'who calls whom'
sh tests/circles.sh "${BUILD:-build}" || failed 'circles of calls'

say shellcheck
# lib/builtin.sh is given to sh and has no first line of its own. SC1091: helper.bash is read by itself.
# In suites: SC2030 and SC2031, each test is a subshell by design; SC2317, its code is reached all the
# same; SC2154, bats sets output, stderr and lines; SC2034, and reads what tests set; SC1083, tc-pool
# has braces; SC1007 and SC2046, empty and many words are meant; SC2120, what a helper could be given;
# SC2217, so is an odd stdin; SC2164 and SC2155, a command that fails ends a test.
shellcheck tests/*.sh .ci/run || failed shellcheck
shellcheck -s sh lib/*.sh || failed 'shellcheck (lib)'
find tests -mindepth 2 -name '*.sh' -exec shellcheck -x -S error {} + || failed 'shellcheck (measurements)'
shellcheck -s bash tests/*.bash || failed 'shellcheck (helper)'
shellcheck -S warning -e SC1007,SC1083,SC1091,SC2030,SC2031,SC2034,SC2046,SC2120,SC2154,SC2155,SC2164,SC2217,SC2317 tests/*.bats || failed 'shellcheck (suites)'

say mandoc
mandoc -Tlint -Wwarning man/*.[157] || failed mandoc

[ $bad -eq 0 ] && echo 'lint: nothing to say'
exit $bad
