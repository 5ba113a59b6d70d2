#!/usr/bin/env bats
# The Makefile and what installs its needs.

load helper

setup() {
	setup_tc
	B=${BUILD#"$ROOT/"}
	TOOLS="tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list tc-pool tc-hook tc-profile tc-serve tc-report"
	[ ! -x "$BUILD/tc-rate" ] || TOOLS="$TOOLS tc-rate"
}

# As it was built: dependencies are noted under the name that B had then.
mk() {
	make --no-print-directory -C "$ROOT" B="$B" "$@"
}

# A machine of our own: a PATH with what deps.sh itself uses, the programs
# named, and stand-ins for package managers that write down what they are told.
machine() {
	local tool
	mkdir -p bin
	for tool in sh bash mktemp rm tr sort cat env make jq bats curl openssl ffmpeg ffprobe gcc cc; do
		ln -sf "$(command -v $tool)" "bin/$tool"
	done
	for tool; do
		printf '#!/bin/sh\necho "%s $*" >>"%s/told"\n' "$tool" "$PWD" >"bin/$tool"
		chmod +x "bin/$tool"
	done
}

user() { # UID
	rm -f bin/id
	printf '#!/bin/sh\necho %s\n' "$1" >bin/id
	chmod +x bin/id
}

deps() {
	env -i PATH="$PWD/bin" TMPDIR="$PWD" HOME="$HOME" ${CC:+CC="$CC"} sh "$ROOT/tests/deps.sh" "$@"
}

@test "install puts every tool and page below DESTDIR, and they work from there" {
	run -0 mk install DESTDIR="$PWD/root" PREFIX=/opt/tc
	local tool page
	for tool in $TOOLS; do
		run -0 "root/opt/tc/bin/$tool" --version
		[[ $output == "$tool "* ]] || false
	done
	for page in "$ROOT"/man/*.[157]; do
		[ -s "root/opt/tc/share/man/man${page##*.}/${page##*/}" ]
	done
	cmp "$ROOT/lib/profiles/local.json" root/opt/tc/share/doc/tc/profiles/local.json
	for tool in $TOOLS; do
		cmp "$BUILD/completions/bash/$tool" "root/opt/tc/share/bash-completion/completions/$tool"
		cmp "$BUILD/completions/zsh/_$tool" "root/opt/tc/share/zsh/site-functions/_$tool"
		cmp "$BUILD/completions/fish/$tool.fish" "root/opt/tc/share/fish/vendor_completions.d/$tool.fish"
	done
	# each tool and its three completions
	set -- $TOOLS $TOOLS $TOOLS $TOOLS "$ROOT"/man/*.[157] "$ROOT"/lib/profiles/*.json
	[ "$(find root -type f | wc -l)" -eq $# ]
}

@test "uninstall leaves nothing, and nothing of others is touched" {
	run -0 mk install DESTDIR="$PWD/root"
	run -0 mk uninstall DESTDIR="$PWD/root"
	[ -z "$(find root -mindepth 1)" ]
	run -0 mk install PREFIX="$PWD/own"
	echo mine >own/bin/other
	run -0 mk uninstall PREFIX="$PWD/own"
	[ "$(find own -mindepth 1 | sort | tr '\n' ' ')" = "own/bin own/bin/other " ]
}

@test "a second make builds nothing; a header, profile or script that changes is built" {
	run -0 mk -q all
	run -0 mk -n all -W lib/json/json.h V=1
	[[ $output == *"-o $B/lib/json/check.o lib/json/check.c"* ]] || false
	[[ $output == *"-o $B/cmd/tc-create/main.o"* ]] || false
	[[ $output != *"sh lib/builtin.sh"* ]] || false
	run -0 mk -n all -W lib/profiles/local.json V=1
	[[ $output == *"lib/builtin.sh"* ]] || false
	[[ $output == *"-o $B/tc-create "* ]] || false
	[[ $output != *"-o $B/lib/json/check.o"* ]] || false
	run -0 mk -n all -W cmd/tc-report/page.css V=1
	[[ $output == *"cmd/tc-report/page.css"* && $output == *"-o $B/tc-report "* ]] || false
	[[ $output != *"-o $B/cmd/tc-report/page.o"* ]] || false
}

@test "CFLAGS, CPPFLAGS and LDFLAGS are the user's, and are added to ours" {
	run -0 mk -n -B "$B/tc-pool" V=1 CC=mycc CFLAGS=-Ofoo CPPFLAGS=-DFOO LDFLAGS=-Wl,foo
	[[ $output == *"mycc -std=c11 "*" -DFOO -Ofoo -c -o $B/lib/base/buf.o lib/base/buf.c"* ]] || false
	[[ $output == *"mycc -Ofoo -Wl,foo -o $B/tc-pool "* ]] || false
}

@test "tc-pool does not link libcurl, the filters no server and no database" {
	command -v ldd >/dev/null || skip "no ldd"
	run -0 ldd "$BUILD/tc-pool"
	[[ $output != *curl* ]] || false
	run -0 ldd "$BUILD/tc-create"
	[[ $output != *microhttpd* && $output != *sqlite* && $output != *curl* ]] || false
}

# In place of libcurl, under all of its names, a file that cannot be loaded.
@test "libcurl is loaded for a request, and not for --help, a line that passes through, a finished ledger" {
	local name failed='{"index":0,"input":"a.mov","ok":false,"error":{"code":"rejected","message":"no","temporary":false}}'
	serve --encoder "$ENCODER"
	run -0 tc-create -l ledger https://example.com/a.mov
	mkdir none
	for name in libcurl.so.4 libcurl.so libcurl-gnutls.so.4; do
		: >none/$name
	done
	export LD_LIBRARY_PATH=$PWD/none
	for name in $TOOLS; do
		run -0 "$name" --help
	done
	run -1 --separate-stderr tc-url -p local <<<"$failed"
	[ "$output" = "$failed" ]
	run -0 --separate-stderr tc-create -l ledger https://example.com/a.mov
	run -78 --separate-stderr tc-create https://example.com/b.mov
	[[ ${stderr_lines[0]} == "tc-create: libcurl cannot be loaded: "*libcurl.so.4*": install libcurl 7.85 or later" ]] || false
	echo 'int curl_easy_cleanup;' | cc -shared -fPIC -o none/libcurl.so.4 -x c -
	run -78 --separate-stderr tc-create https://example.com/b.mov
	[ "${stderr_lines[0]}" = "tc-create: libcurl has no curl_easy_getinfo(): expected libcurl 7.85 or later" ]
	unset LD_LIBRARY_PATH
	[ "$(stats .creates)" = 1 ]
}

@test "help names every target there is" {
	local targets target
	targets=$(sed -n 's/^\.PHONY: //p' "$ROOT/Makefile" "$ROOT/tests/tests.mk" | sed 's/ \$(RUNS)$/ bench cleanroot counts soak torture/')
	[ "$(wc -w <<<"$targets")" -ge 15 ]
	run -0 mk help
	for target in $targets; do
		[[ $output == *"make $target "* ]] || { echo "help does not know $target"; false; }
	done
}

@test "the Makefile names every source, profile and part of a script that is there" {
	local dir var
	while read -r dir var; do
		(cd "$ROOT/$dir" && find . -type f | sed 's|^./||') | sort >there
		sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$ROOT/Makefile" | sed -n "s/^$var *= *//p" | tr -s '[:blank:]' '\n' >named
		[ -s named ]
		case $var in
		NAMES) sed -i 's/$/.json/' named ;;
		*) sed -i 's/$/.c/' named && sed -i '/\.c$/!d' there ;;
		esac
		sort named | diff there - || { echo "$dir and $var differ"; false; }
	done <<-'END'
		lib/base BASE
		lib/json JSON
		lib/flow FLOW
		lib/ledger LEDGER
		lib/http HTTP
		lib/proc PROC
		lib/service SERVICE
		cmd/tc-create CREATE
		cmd/tc-list LIST
		cmd/tc-wait WAIT
		cmd/tc-pool POOL
		cmd/tc-serve SERVE
		lib/profiles NAMES
		cmd/tc-report REPORT
	END
}

@test "BSD make builds and installs the same" {
	command -v bmake >/dev/null || skip "no bmake"
	[[ $ROOT != *" "* ]] || skip "a space ends the name that BSD make includes"
	run -0 bmake -C "$ROOT" B="$PWD/bsd" CFLAGS=-O0 -j 2 install DESTDIR="$PWD/bsdroot"
	run -0 mk install DESTDIR="$PWD/gnuroot"
	diff <(cd bsdroot && find . | sort) <(cd gnuroot && find . | sort)
	run -0 bsdroot/usr/local/bin/tc-create --dry-run https://x/x.mp4
	diff -r bsdroot/usr/local/share gnuroot/usr/local/share
	# up to date: nothing is run again; a header that changes is seen
	run -0 bmake -C "$ROOT" B="$PWD/bsd" CFLAGS=-O0
	[[ $output != *CC* && $output != *LD* ]] || { echo "$output"; false; }
	echo "$PWD/bsd/lib/json/check.o: $PWD/newer" >>bsd/lib/json/check.d
	touch -d tomorrow newer
	run -0 bmake -C "$ROOT" B="$PWD/bsd" CFLAGS=-O0 -n
	[[ $output == *"-o $PWD/bsd/lib/json/check.o lib/json/check.c"* && $output != *lib/base/buf.c* ]] || { echo "$output"; false; }
	run -0 bmake -C "$ROOT" B="$PWD/bsd" uninstall DESTDIR="$PWD/bsdroot"
	[ -z "$(find bsdroot -mindepth 1)" ]
	run -1 bmake -C "$ROOT" check
	[[ $output == *"type gmake check"* ]] || false
}

@test "deps is silent where nothing is missing, and installs nothing" {
	run -0 sh "$ROOT/tests/deps.sh"
	[ -z "$output" ]
	machine apt-get
	user 0
	ln -sf "$(command -v ld)" bin/ld
	ln -sf "$(command -v as)" bin/as
	run -0 deps
	[ -z "$output" ]
	[ ! -e told ]
}

@test "deps tells what it installs, asks the package manager that is there, and looks again" {
	local manager expected
	while read -r manager expected; do
		rm -rf bin told
		machine "$manager"
		user 0
		rm bin/jq
		run -1 deps test
		[ "${lines[0]}" = "missing: jq" ]
		[ "${lines[1]}" = "installing: jq" ]
		[[ $output == *"still not found: jq" ]] || false
		[ "$(tail -n 1 told)" = "$expected" ]
	done <<-'END'
		apt-get apt-get install -y --no-install-recommends jq
		apk apk add jq
		dnf dnf install -y jq
		pacman pacman -S --needed --noconfirm jq
		brew brew install jq
	END
}

@test "deps knows what each package manager calls the libraries" {
	machine apk
	user 0
	CC=no-such-cc run -1 deps build
	[ "$(tail -n 1 told)" = "apk add curl-dev gcc libmicrohttpd-dev musl-dev openssl-dev sqlite-dev" ]
}

@test "deps goes through sudo for a user, and says what to type if sudo is missing" {
	machine apt-get sudo
	user 1000
	rm bin/bats
	run -1 deps test
	[ "$(tail -n 1 told)" = "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends bats" ]
	rm bin/sudo told
	run -1 deps test
	[[ $output == *"apt-get update"* ]] || false
	[ "${lines[${#lines[@]} - 1]}" = "    env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends bats" ]
	[ ! -e told ]
}

@test "deps where there is no package manager it knows fails and says what is missing" {
	machine
	user 0
	rm bin/ffprobe bin/jq
	run -1 deps test
	[ "${lines[0]}" = "missing: jq ffmpeg" ]
	[[ ${lines[1]} == *"install these"* ]] || false
}
