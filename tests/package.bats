#!/usr/bin/env bats
# What a packager takes from here: the tarball, and a source that any POSIX
# system builds. The Debian packages: cleanroot/packages.bats.

load helper

version() {
	sed -n 's/^VERSION *= *//p' "$ROOT/Makefile"
}

@test "dist makes the same bytes twice, and all that building takes is in them" {
	git -C "$ROOT" rev-parse HEAD >/dev/null 2>&1 || skip "this is no git checkout"
	local name
	name=tc-$(version)
	run -0 make -C "$ROOT" B="$PWD/one" dist
	run -0 env TZ=Asia/Tokyo LC_ALL=C.UTF-8 sh -c 'umask 077; make -C "$0" B="$1/two" dist' "$ROOT" "$PWD"
	cmp "one/$name.tar.gz" "two/$name.tar.gz"
	tar -xzf "one/$name.tar.gz"
	[ -z "$(find "$name" -name '*.o' -o -name build -o -name debian)" ]
	make -C "$name" -s CFLAGS=-O0 build/tc-pool
	run -0 "$name/build/tc-pool" --version
	[ "${lines[0]}" = "tc-pool $(version)" ]
}

@test "there is one place that has the version, and -V of what speaks HTTP names libcurl" {
	local tool
	for tool in tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list tc-pool tc-hook tc-profile tc-serve tc-report; do
		run -0 "$tool" -V
		[ "${lines[0]}" = "$tool $(version)" ]
	done
	for tool in tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list; do
		run -0 "$tool" -V
		[[ ${lines[1]} == libcurl/[0-9]* ]] || false
	done
	grep -qF "$(version)" "$ROOT/man/tc-news.7"
	[ "$(cat "$ROOT"/lib/*/*.[ch] "$ROOT"/cmd/*/*.c "$ROOT"/cmd/*.c | grep -cF "\"$(version)\"")" = 0 ]
}

@test "deb.sh where there is no dpkg says what to install" {
	mkdir bin
	ln -s "$(command -v sh)" bin/sh
	run -78 env PATH="$PWD/bin" sh "$ROOT/tests/deb.sh" deb 1
	[[ $output == *"apt-get install dpkg-dev fakeroot"* ]] || false
}

@test "only the files that say so ask the system for more than POSIX" {
	cd "$ROOT"
	run -0 grep -l -E '^[[:blank:]]*#[[:blank:]]*define _(GNU|DEFAULT|BSD|DARWIN_C|ALL)_SOURCE' -r lib cmd --include='*.[ch]'
	[ "$(sort <<<"$output" | tr '\n' ' ')" = "lib/base/filelock.c lib/base/os_system.h " ]
	# Linux's own headers, which are named under #ifdef alone
	run grep -l -E '#include <(sys/(epoll|inotify|signalfd|eventfd|timerfd|prctl|syscall|random)|linux/.*)\.h>' -r lib cmd --include='*.[ch]'
	local file
	for file in $output; do
		[[ $file == lib/base/os*.c ]] || grep -q '^#if.*__linux__' "$file" || { echo "$file includes what only Linux has"; false; }
	done
}

@test "the shell scripts are read by every sh that is here" {
	local shell script tried=0
	for shell in dash 'busybox sh' ksh mksh yash 'bash --posix'; do
		command -v "${shell%% *}" >/dev/null || continue
		for script in "$ROOT"/tests/*.sh "$ROOT"/lib/*.sh; do
			$shell -n "$script"
		done
		tried=$((tried + 1))
	done
	[ "$tried" -ge 2 ]
}
