#!/bin/sh
# tests/deps.sh [build] [test] [lint]: installs what building, testing and
# linting need (the first two if nothing is named), with the package manager of
# this machine: apt-get, apk, dnf, pacman or brew. What is there is found by
# trying it, so that it may come from anywhere. Silent if nothing is missing.
set -u

[ $# -gt 0 ] || set -- build test
: "${CC:=cc}"
tmp=$(mktemp -d) || exit 74
trap 'rm -rf "$tmp"' EXIT

has() {
	command -v "$1" >/dev/null 2>&1
}

# links HEADER LIBRARY: can the compiler use it?
links() {
	printf '#include <stddef.h>\n#include <stdio.h>\n#include <stdarg.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" >"$tmp/t.c"
	# CC, CPPFLAGS and LDFLAGS are lists
	# shellcheck disable=SC2086
	$CC ${CPPFLAGS-} -o "$tmp/t" "$tmp/t.c" ${LDFLAGS-} "-l$2" >/dev/null 2>&1
}

# Can clang link a fuzz target, with its sanitizers?
fuzzes() {
	printf '#include <stddef.h>\nint LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)\n{ return n && !p; }\n' >"$tmp/t.c"
	clang -fsanitize=fuzzer,address -o "$tmp/t" "$tmp/t.c" >/dev/null 2>&1
}

# Prints what is missing, in words of our own.
missing() {
	for group; do
		case $group in
		build)
			has "${CC%% *}" || echo cc
			has make || echo make
			links curl/curl.h curl || echo libcurl
			links openssl/evp.h crypto || echo libcrypto
			links microhttpd.h microhttpd || echo libmicrohttpd
			links sqlite3.h sqlite3 || echo sqlite3
			;;
		test)
			has bash || echo bash
			for tool in jq bats curl openssl; do
				has "$tool" || echo "$tool"
			done
			has ffmpeg && has ffprobe || echo ffmpeg
			;;
		lint)
			for tool in gcc clang clang-tidy cppcheck valgrind shellcheck mandoc; do
				has "$tool" || echo "$tool"
			done
			fuzzes || echo libfuzzer
			;;
		*)
			echo "deps.sh: no such group: $group (build, test, lint)" >&2
			return 64
			;;
		esac
	done
}

# What a package manager calls it.
package() {
	case $manager:$1 in
	apt-get:cc) echo gcc libc6-dev ;;
	apt-get:libcurl) echo libcurl4-openssl-dev ;;
	apt-get:libcrypto) echo libssl-dev ;;
	apt-get:libmicrohttpd) echo libmicrohttpd-dev ;;
	apt-get:sqlite3) echo libsqlite3-dev ;;
	apt-get:libfuzzer) echo libclang-rt-dev ;;
	apk:cc) echo gcc musl-dev ;;
	apk:gcc) echo gcc musl-dev ;;
	apk:libcurl) echo curl-dev ;;
	apk:libcrypto) echo openssl-dev ;;
	apk:libmicrohttpd) echo libmicrohttpd-dev ;;
	apk:sqlite3) echo sqlite-dev ;;
	apk:clang-tidy) echo clang-extra-tools ;;
	dnf:cc) echo gcc ;;
	dnf:libcurl) echo libcurl-devel ;;
	dnf:libcrypto) echo openssl-devel ;;
	dnf:libmicrohttpd) echo libmicrohttpd-devel ;;
	dnf:sqlite3) echo sqlite-devel ;;
	dnf:ffmpeg) echo ffmpeg-free ;;
	dnf:shellcheck) echo ShellCheck ;;
	dnf:clang-tidy) echo clang-tools-extra ;;
	pacman:cc) echo gcc ;;
	pacman:libcurl) echo curl ;;
	pacman:libcrypto) echo openssl ;;
	pacman:sqlite3) echo sqlite ;;
	pacman:clang-tidy) echo clang ;;
	brew:cc) echo gcc ;;
	brew:libcurl) echo curl ;;
	brew:libcrypto) echo openssl ;;
	brew:sqlite3) echo sqlite ;;
	brew:bats) echo bats-core ;;
	brew:clang | brew:clang-tidy | brew:libfuzzer) echo llvm ;;
	*:libfuzzer) echo compiler-rt ;;
	*) echo "$1" ;;
	esac
}

install_command() {
	case $manager in
	apt-get) echo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ;;
	apk) echo apk add ;;
	dnf) echo dnf install -y ;;
	pacman) echo pacman -S --needed --noconfirm ;;
	brew) echo brew install ;;
	esac
}

wanted=$(missing "$@") || exit
[ -n "$wanted" ] || exit 0

for manager in apt-get apk dnf pacman brew none; do
	has "$manager" && break
done
# shellcheck disable=SC2086 # words
echo "missing:" $wanted
if [ "$manager" = none ]; then
	echo 'deps.sh: none of apt-get, apk, dnf, pacman and brew is here: install these with what this system has' >&2
	exit 1
fi

packages=$(for name in $wanted; do package "$name"; done | tr ' ' '\n' | sort -u | tr '\n' ' ')
command="$(install_command) ${packages% }"
if [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ]; then
	as=
elif has sudo; then
	as=sudo
else
	echo 'deps.sh: only root can install packages, and there is no sudo. As root, type:' >&2
	[ "$manager" != apt-get ] || echo "    apt-get update" >&2
	echo "    $command" >&2
	exit 1
fi

echo "installing: ${packages% }"
# shellcheck disable=SC2086 # command lines
{
	[ "$manager" != apt-get ] || $as apt-get update -q || exit 1
	$as $command || {
		echo "deps.sh: that failed; what was tried: $as $command" >&2
		exit 1
	}
}

wanted=$(missing "$@")
[ -z "$wanted" ] || {
	# shellcheck disable=SC2086 # words
	echo "deps.sh: installed, but still not found:" $wanted >&2
	exit 1
}
