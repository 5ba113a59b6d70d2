#!/usr/bin/env bats
# What a packager takes from here: the tarball, the Debian packages, and a
# source that any POSIX system builds.
# Slow: it makes the packages. That they are the same bytes when made again is
# for tests/cleanroot/run.sh to see.

load helper

setup() {
	setup_tc
}

teardown() {
	stop_started
}

# The packages, made once for all tests here; DEBS is where they are.
debs() {
	DEBS=$BATS_FILE_TMPDIR/deb
	command -v dpkg-buildpackage >/dev/null || skip "dpkg-dev is not installed"
	command -v fakeroot >/dev/null || skip "fakeroot is not installed"
	dpkg-checkbuilddeps -d 'libcurl4-openssl-dev | libcurl-dev, libssl-dev, libmicrohttpd-dev, libsqlite3-dev, libhiredis-dev' /dev/null 2>/dev/null ||
		skip "the libraries that are built with are not Debian's packages"
	[ -e "$DEBS/made" ] || {
		sh "$ROOT/tests/deb.sh" "$DEBS" "$(version)" >"$BATS_FILE_TMPDIR/made" && mv "$BATS_FILE_TMPDIR/made" "$DEBS"
	}
}

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
	make -C "$name" -s build/tc-pool
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

@test "the Debian packages have the tools, their pages and completions, and nothing twice" {
	debs
	local package page tool
	for package in tc-tools tc-serve tc-rate; do
		dpkg-deb -c "$DEBS"/${package}_*.deb | awk '$6 !~ /\/$/ { print $6 }' | sort >$package.files
	done
	[ -z "$(sort tc-tools.files tc-serve.files tc-rate.files | uniq -d)" ]
	sort tc-tools.files tc-serve.files tc-rate.files >files
	for tool in tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list tc-pool tc-hook tc-profile tc-report tc-serve tc-rate; do
		grep -qx "./usr/bin/$tool" files
		grep -qx "./usr/share/bash-completion/completions/$tool" files
		grep -qx "./usr/share/zsh/vendor-completions/_$tool" files
		grep -qx "./usr/share/fish/vendor_completions.d/$tool.fish" files
	done
	for page in "$ROOT"/man/*.[157]; do
		grep -qx "./usr/share/man/man${page##*.}/${page##*/}.gz" files || { echo "no ${page##*/}"; false; }
	done
	grep -qx './usr/bin/tc-serve' tc-serve.files
	grep -qx './usr/bin/tc-rate' tc-rate.files
	[ -z "$(grep -v '^\./usr/' files)" ]
}

@test "the Debian packages depend on what they need, and the filters on no server" {
	debs
	local depends
	depends=$(dpkg-deb -f "$DEBS"/tc-tools_*.deb Depends)
	[[ $depends == *libcurl4* && $depends != *microhttpd* && $depends != *ffmpeg* ]] || false
	[[ $depends != *hiredis* ]] || false
	[ "$(dpkg-deb -f "$DEBS"/tc-tools_*.deb Recommends)" = jq ]
	[[ $(dpkg-deb -f "$DEBS"/tc-rate_*.deb Depends) == *libhiredis* ]] || false
	depends=$(dpkg-deb -f "$DEBS"/tc-serve_*.deb Depends)
	[[ $depends == *ffmpeg* && $depends == *libmicrohttpd* && $depends == *libsqlite3* && $depends == *libcurl* ]] || false
}

@test "lintian has nothing against the Debian packages" {
	debs
	command -v lintian >/dev/null || skip "lintian is not installed"
	run -0 lintian --fail-on error,warning --pedantic -I "$DEBS"/*.changes
	[ -z "$(grep '^[EWIP]:' <<<"$output")" ]
}

@test "what the Debian packages hold runs the demo's pipeline, with every library found" {
	debs
	local deb tool
	for deb in "$DEBS"/*.deb; do
		dpkg-deb -x "$deb" root
	done
	for tool in root/usr/bin/*; do
		[ "$(head -c 2 "$tool")" != '#!' ] || continue
		run -0 ldd "$tool"
		[[ $output != *'not found'* ]] || false
	done
	# only what is in the packages, not what was built
	PATH=${PATH#"$BUILD:$BUILD/tests:"} run -0 sh "$ROOT/tests/demo.sh" root/usr/bin demo
	[[ $output == *"All 5 play."* ]] || { echo "$output"; false; }
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
