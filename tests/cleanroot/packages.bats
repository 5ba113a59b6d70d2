#!/usr/bin/env bats
# The Debian packages in DEBS, and those in AGAIN, which were made a second time.

load ../helper

setup() {
	setup_tc
}

teardown() {
	stop_started
}

@test "made again, they are the same bytes" {
	local deb
	for deb in "$DEBS"/*.deb; do
		cmp "$deb" "$AGAIN/${deb##*/}"
	done
}

@test "they have the tools, their pages and completions, and nothing twice" {
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

@test "they depend on what they need, and the filters on no server" {
	local depends
	depends=$(dpkg-deb -f "$DEBS"/tc-tools_*.deb Depends)
	[[ $depends == *libcurl4* && $depends != *microhttpd* && $depends != *ffmpeg* ]] || false
	[[ $depends != *hiredis* ]] || false
	[ "$(dpkg-deb -f "$DEBS"/tc-tools_*.deb Recommends)" = jq ]
	[[ $(dpkg-deb -f "$DEBS"/tc-rate_*.deb Depends) == *libhiredis* ]] || false
	depends=$(dpkg-deb -f "$DEBS"/tc-serve_*.deb Depends)
	[[ $depends == *ffmpeg* && $depends == *libmicrohttpd* && $depends == *libsqlite3* && $depends == *libcurl* ]] || false
}

@test "lintian has nothing against them" {
	command -v lintian >/dev/null || skip "lintian is not installed"
	run -0 lintian --fail-on error,warning --pedantic -I "$DEBS"/*.changes
	[ -z "$(grep '^[EWIP]:' <<<"$output")" ]
}

@test "what they hold runs the demo's pipeline, with every library found" {
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
