#!/usr/bin/env bats
# The manual holds what it says: every example is run and prints what the page
# shows, options and --help name each other, and the tables are the code's.
# Slow: it runs every example of the manual.

load helper
load manual

setup() {
	setup_tc
	MAN=$ROOT/man
	ENCODE=(--encoder ./encode)
}

# The text of a page's literal blocks, roff's escapes undone; - before each block.
examples() {
	awk '
	/^\.Sh / { in_examples = $2 ~ /^EXAMPLES/ || every }
	/^\.Bd -literal/ { literal = in_examples; if (literal) print "-"; next }
	/^\.Ed/ { literal = 0 }
	literal {
		gsub(/\\\(aq/, "\047"); gsub(/\\\(ga/, "`"); gsub(/\\\(ha/, "^")
		gsub(/\\\(ti/, "~"); gsub(/\\&/, ""); gsub(/\\e/, "\\")
		print
	}' every="${2-}" "$1"
}

# transcript FILE: cuts examples into ex/N.cmd ("$ " and then "> " lines) and
# ex/N.want (what stands below). Sets COUNT. In awk, as what compares them: bats
# looks at each command of a shell's loop.
transcript() {
	mkdir -p ex
	COUNT=$(awk '
	$0 == "-" { fresh = 1; next }
	/^\$ / {
		if (n++) { close(cmd); close(want) }
		fresh = 0; cmd = "ex/" n ".cmd"; want = "ex/" n ".want"
		print substr($0, 3) >cmd
		printf "" >want
		next
	}
	/^> / { print substr($0, 3) >cmd; next }
	fresh { print "a block begins with no command: " $0; bad = 1; exit }
	{ print >want }
	END { if (!bad) print n + 0; exit bad }' "$1") || { echo "$COUNT"; return 1; }
}

# A file that a page shows with cat before anything could have made it is made
# from the page.
fixtures() {
	local i line name
	for ((i = 1; i <= COUNT; i++)); do
		read -r line <"ex/$i.cmd"
		[[ $line =~ ^cat\ ([A-Za-z0-9._-]+)$ ]] || continue
		name=${BASH_REMATCH[1]}
		[ -e "$name" ] || named_before "$name" "$i" || cp "ex/$i.want" "$name"
	done
}

named_before() {
	[ "$2" -gt 1 ] && seq -f 'ex/%g.cmd' "$(($2 - 1))" | xargs grep -qF -e "$1"
}

# One shell runs them all; $? goes from each to the next, as at a prompt.
run_transcript() {
	local i
	for ((i = 1; i <= COUNT; i++)); do
		printf '{ [ %d = 1 ] || (exit $(cat ex/%d.status))\n' "$i" "$((i - 1))"
		cat "ex/$i.cmd"
		printf '} >ex/%d.got 2>ex/%d.err\necho $? >ex/%d.status\n' "$i" "$i" "$i"
	done >ex/all.sh
	timeout 120 sh ex/all.sh </dev/null 3>&- || true
}

# The numbers of the examples that printed something else than the page shows,
# where ... stands for anything, or that failed without the next one showing it.
wrong_examples() {
	awk -v count="$COUNT" '
	function like(want, got,    pieces, n, i, at) {
		n = split(want, pieces, /\.\.\./)
		if (n < 2)
			return want == got
		if (substr(got, 1, length(pieces[1])) != pieces[1])
			return 0
		got = substr(got, length(pieces[1]) + 1)
		for (i = 2; i < n; i++) {
			if (!(at = index(got, pieces[i])) && pieces[i] != "")
				return 0
			got = substr(got, at + length(pieces[i]))
		}
		at = length(got) - length(pieces[n])
		return at >= 0 && substr(got, at + 1) == pieces[n]
	}
	function alike(i,    want, got) {
		while ((getline want <("ex/" i ".want")) > 0)
			if ((getline got <("ex/" i ".got")) <= 0 || !like(want, got))
				return 0
		return (getline got <("ex/" i ".got")) <= 0
	}
	function text(file,    line, all) {
		while ((getline line <file) > 0)
			all = all line "\n"
		close(file)
		return all
	}
	BEGIN {
		for (i = 1; i <= count; i++) {
			if (!alike(i) || (text("ex/" i ".status") != "0\n" && text("ex/" (i + 1) ".cmd") != "echo $?\n"))
				print i
			close("ex/" i ".want")
			close("ex/" i ".got")
		}
	}'
}

check_transcript() {
	local i wrong
	wrong=$(wrong_examples) || return
	for i in $wrong; do
		echo "--- example $i:"
		cat "ex/$i.cmd"
		echo "--- wanted:"
		cat "ex/$i.want"
		echo "--- got (status $(cat "ex/$i.status")):"
		cat "ex/$i.got" "ex/$i.err"
	done
	[ -z "$wrong" ]
}

# A service for the examples, and the files that they start from.
world() {
	local i
	mkdir -p uploads library .config/tc/profiles
	for i in 1 2 3 4 5; do
		: >"uploads/episode-0$i.mp4"
	done
	: >library/one.mov
	mkdir -p clips
	head -c 1000 /dev/zero >clips/one.mov
	head -c 2000 /dev/zero >"clips/two words.mov"
	: >"library/the second one.mp4"
	printf 'https://example.com/clip-%s\n' 1.mp4 2.mp4 3.mp4 4.mov 5.mp4 >urls.txt
	jq '.poll.first = "100ms"' "$ROOT/lib/profiles/transcodely.json" >.config/tc/profiles/transcodely.json
	cat >encode <<-'END'
		#!/bin/sh
		case $1 in
		*broken*) echo "Invalid data found when processing input" >&2; exit 1 ;;
		*slow*) until [ -e go ]; do sleep 0.1; done ;;
		esac
		printf 'made from %s' "$1" >"$2"
	END
	chmod +x encode
	export TC_LOCAL_WEBHOOK_SECRET=whsec_test TRANSCODELY_WEBHOOK_SECRET=whsec_test
	serve "${ENCODE[@]}" --media .
	export TRANSCODELY_API_KEY=$TC_LOCAL_API_KEY FFMPEG_MICRO_API_KEY=$TC_LOCAL_API_KEY
}

# page NAME LEAST: runs a page's examples; there are at least LEAST.
page() {
	world
	examples "$MAN/$1" >page.txt
	transcript page.txt
	[ "$COUNT" -ge "$2" ] || { echo "$1 has $COUNT examples, not $2"; return 1; }
	fixtures
	run_transcript
	check_transcript
}

@test "an example that prints something else is detected" {
	printf '%s\n' '.Sh EXAMPLES' '.Bd -literal' '$ echo a b' 'a ...' '$ echo one; echo two' 'one' '.Ed' >wrong
	examples wrong >page.txt
	transcript page.txt
	run_transcript
	run ! check_transcript
	[[ $output == *'--- example 2:'* && $output != *'--- example 1:'* ]]
}

@test "an example that fails without saying so is detected" {
	printf '%s\n' '.Sh EXAMPLES' '.Bd -literal' '$ false' '$ echo $?' '1' '$ false' '.Ed' >wrong
	examples wrong >page.txt
	transcript page.txt
	run_transcript
	run ! check_transcript
	[[ $output == *'--- example 3:'* && $output != *'--- example 1:'* ]]
}

@test "tc-create(1): the examples print what the page shows" {
	page tc-create.1 9
}

@test "tc-wait(1): the examples print what the page shows" {
	page tc-wait.1 10
}

@test "tc-cancel(1): the examples print what the page shows" {
	page tc-cancel.1 9
}

@test "tc-confirm(1): the examples print what the page shows" {
	page tc-confirm.1 5
}

@test "tc-list(1): the examples print what the page shows" {
	page tc-list.1 7
}

@test "tc-hook(1): the examples print what the page shows" {
	page tc-hook.1 9
}

@test "tc-put(1): the examples print what the page shows" {
	page tc-put.1 5
}

@test "tc-get(1): the examples print what the page shows" {
	page tc-get.1 6
}

@test "tc-url(1): the examples print what the page shows" {
	page tc-url.1 8
}

@test "tc-record(5): the examples print what the page shows" {
	page tc-record.5 8
}

@test "tc-profile(1): the examples print what the page shows" {
	page tc-profile.1 5
}

@test "tc-profile(5): the examples print what the page shows" {
	page tc-profile.5 15
}

@test "tc(7): the examples print what the page shows, with real ffmpeg" {
	ENCODE=()
	page tc.7 20
}

@test "tc-cookbook(7): the tasks print what the page shows" {
	command -v flock >/dev/null || skip "flock is not installed"
	split -n r/1/1 /dev/null || skip "split knows no -n"
	page tc-cookbook.7 90
}

# The files that tc-cookbook(7) shows with cat.
cookbook_files() {
	examples "$MAN/tc-cookbook.7" >page.txt
	transcript page.txt
	fixtures
}

@test "tc-cookbook(7): a job without an estimate is never picked as cheap" {
	local i name seen=0
	cookbook_files
	for name in confirm wait url; do
		printf '#!/bin/sh\ncat\n' >tc-$name
	done
	printf '#!/bin/sh\njq -c .input\n' >tc-cancel
	chmod +x tc-*
	for name in 1:1.5 2:null 3:2 4:49; do
		echo '{"input":"'"${name%:*}"'","ok":true,"state":"'"${name%:*}"'","job":{"total_estimated_cost":'"${name#*:}"'}}'
	done >priced.jsonl
	echo '{"input":"5","ok":false,"error":{}}' >>priced.jsonl
	for ((i = 1; i <= COUNT; i++)); do
		grep -q 'total_estimated_cost // infinite' "ex/$i.cmd" || continue
		sed -i 's/jq -r .ok | uniq -c/jq -r .input/' "ex/$i.cmd"
		seen=$((seen + 1))
		PATH=$PWD:$PATH sh "ex/$i.cmd" >"picked.$seen"
	done
	[ "$(tr -s ' ' <picked.1)" = " 1 1" ]
	[ "$(tr '\n' ' ' <dear.jsonl)" = '"2" "3" "4" "5" ' ]
	[ "$(tr '\n' ' ' <picked.3)" = "1 3 " ]
}

@test "tc-cookbook(7): systemd accepts the unit and the timer" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
	cookbook_files
	run systemd-analyze verify ./tc-nightly.service ./tc-nightly.timer
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "tc-cookbook(7): watch.sh encodes a file that is moved into the directory" {
	command -v inotifywait >/dev/null || skip "inotifywait is not installed"
	world
	cookbook_files
	mkdir incoming
	start_background watch setsid sh watch.sh
	# what comes before the watch is established is not seen
	until_true moved_in || { cat watch.err; kill -- "-$PID"; false; }
	kill -- "-$PID"
}

moved_in() {
	cp clips/one.mov moving && mv moving "incoming/$(find incoming -name '*.mov' | wc -l).mov"
	grep -q '"file":"watched/[0-9]*.mp4"' watched.jsonl
}

@test "tc-security(7): the examples print what the page shows" {
	page tc-security.7 25
}

# "-x --name" or "--name" for each option that --help names, sorted.
help_options() {
	"$1" --help | sed -n 's/^  \(-.\), \(--[a-z-]*\).*/\1 \2/p; s/^      \(--[a-z-]*\).*/\1/p' | sort
}

# The members that a profile may have, as the code lists them.
profile_rows() {
	cat "$ROOT"/lib/service/profile*.c | sed -n 's/^[[:blank:]]*{"\(\/[^"]*\)", PROFILE_[A-Z]*, .*/\1/p' | sort >rows.txt
	[ "$(wc -l <rows.txt)" -gt 50 ] || { echo "the rows of profile members are not found"; return 1; }
}

@test "--help and manual page name the same options" {
	local page tool seen=0 bad=0
	for page in "$MAN"/*.1; do
		tool=$(basename "$page" .1)
		[ -x "$BUILD/$tool" ] || continue
		help_options "$tool" >help.txt
		page_options "$page" >page.txt
		[ -s help.txt ]
		diff help.txt page.txt || { echo "$tool: <: only in --help; >: only in its page"; bad=1; }
		seen=$((seen + 1))
	done
	[ "$seen" -ge 3 ] && [ "$bad" = 0 ]
}

@test "the defaults that --help names are the manual's" {
	local tool name default seen=0
	for tool in tc-create tc-wait tc-url; do
		"$tool" --help | sed -n 's/.* --\([a-z-]*\) .*(default \([a-z0-9-]*\))$/\1 \2/p' >defaults.txt
		while read -r name default; do
			awk -v name="-$name" '$1 == ".It" { on = index($0 " ", name " ") } on' "$MAN/$tool.1" "$MAN/tc-options.7" |
				grep -q -w -e "$default" || { echo "$tool --$name: not $default in its page"; return 1; }
			seen=$((seen + 1))
		done <defaults.txt
	done
	[ "$seen" -ge 3 ]
}

@test "every tool's page has its sections, and says what each exit status means" {
	local page section code
	for page in "$MAN"/*.1; do
		for section in NAME SYNOPSIS DESCRIPTION ENVIRONMENT 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			grep -qx "\.Sh $section\(\\\\&\)*" "$page" || { echo "$page: no $section"; return 1; }
		done
	done
	for code in $(sed -n 's/^[[:blank:]]*EXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' "$ROOT/lib/base/msg.h"); do
		[ "$code" = 128 ] && code='128+n'
		grep -qx "\.It $code" "$MAN/tc.7" || { echo "tc(7) does not say what $code is"; return 1; }
	done
}

@test "tc-profile(5) and the code name the same members" {
	profile_rows
	sed -n 's/^\.It Li //p' "$MAN/tc-profile.5" | grep -o '/[a-z/_0-9]*' | sort >page.txt
	diff rows.txt page.txt
}

@test "tc-profile(5)'s worked example has nearly every member" {
	local row
	profile_rows
	examples "$MAN/tc-profile.5" >page.txt
	transcript page.txt
	fixtures
	jq -r 'paths | map(select(type == "string")) | "/" + join("/")' reelmill.json | sort -u >has.txt
	[ "$(wc -l <has.txt)" -gt 50 ]
	# what stands for something else that is there, or suits another kind of key
	printf '%s\n' /auth/default /auth/sigv4 /get/body /cancel/body /confirm/body /url/from /request/source/only /request/with \
		/webhook/prefix /webhook/id_header /webhook/time_header /webhook/signed /webhook/encoding /webhook/key /webhook/key_prefix \
		/upload/create/method /upload/send/method /upload/send/path /upload/form/file /upload/form/fields | sort >may-lack.txt
	while read -r row; do
		grep -qxF -e "$row" has.txt may-lack.txt || { echo "the example lacks $row"; return 1; }
	done <rows.txt
}

@test "tc-record(5) names every error code and state that the code can write" {
	local word
	grep -ho 'failure_set(&[a-z]*, "[a-z_]*"' "$ROOT"/lib/*/*.c "$ROOT"/cmd/*.c "$ROOT"/cmd/tc-[cwp]*/*.c | grep -o '"[a-z_]*"' >words.txt
	sed -n '/^state_name/,/^}/p; /codes\[\] = /p' "$ROOT"/lib/*/*.c | grep -o '"[a-z_]\+"' >>words.txt
	grep -o '{STATE_[A-Z]*, "[a-z_]*"' "$ROOT/lib/service/joberror.c" | grep -o '"[a-z_]*"' >>words.txt
	[ "$(sort -u words.txt | wc -l)" -gt 15 ]
	for word in $(tr -d '"' <words.txt | sort -u); do
		grep -q "^\.It Li $word Ta" "$MAN/tc-record.5" || { echo "tc-record(5) does not name $word"; return 1; }
	done
}

@test "every environment variable that the filters read is in the manual" {
	local name
	cat "$ROOT"/lib/*/*.c "$ROOT"/cmd/*.c "$ROOT"/cmd/tc-[cw]*/*.c | grep -o 'env("[A-Z_]*")' | grep -o '[A-Z_]\{3,\}' >names.txt
	[ "$(sort -u names.txt | wc -l)" -ge 7 ]
	for name in $(sort -u names.txt); do
		# what only tc-pool reads is in its own page
		[ "$name" != MAKEFLAGS ] && [ "$name" != PATH ] || continue
		grep -q "^\.It Ev.*\b$name\b" "$MAN"/tc-options.7 "$MAN"/tc-create.1 "$MAN"/tc-put.1 || { echo "$name is not in tc-options(7)"; return 1; }
	done
	# those of a profile are in the list of services
	jq -r '[.auth.env, .webhook.env] | flatten[] // empty | scan("[A-Z_0-9]+")' "$ROOT"/lib/profiles/*.json >names.txt
	jq -r '.. | strings | scan("[$][{]([A-Z_0-9]+)}")[0]' "$ROOT"/lib/profiles/*.json >>names.txt
	[ "$(sort -u names.txt | wc -l)" -ge 25 ]
	for name in $(sort -u names.txt); do
		grep -q "^\.Ev.*\b$name\b" "$MAN"/tc-profile.5 || { echo "$name is not in tc-profile(5)"; return 1; }
	done
}

@test "every page that a page refers to is there" {
	local ref
	for ref in $(sed -n 's/^\.Xr \(tc[a-z-]*\) \([157]\).*/\1.\2/p' "$MAN"/*.[157] | sort -u); do
		[ -e "$MAN/$ref" ] || { echo "there is no $ref"; return 1; }
	done
}

@test "tc-security(7) names only tests that are there" {
	local file
	for file in $(grep -o 'tests/[a-z./-]*[a-z]' "$MAN/tc-security.7" | sort -u); do
		[ -e "$ROOT/$file" ] || { echo "there is no $file"; return 1; }
	done
}

@test "mandoc finds nothing to warn of" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	mandoc -Tlint -Wwarning "$MAN"/*.[157]
}

@test "no heading begins with a word that mdoc takes for a macro" {
	run -1 grep -nE '^\.S[hs] (.* )?(A[dnpr]|B[qx]|C[dm]|D[dlotqvx]|E[mrv]|F[adlntx]|I[cnt]|L[ikt]|M[st]|N[dmosx]|O[cot]|P[acfoq]|Q[coql]|S[coqtxy]|T[an]|U[dx]|V[at]|X[rco])( |$)' "$MAN"/*.[157]
}

@test "no command or message on a line of its own is broken" {
	local page
	for page in "$MAN"/*.[157]; do
		awk '/^\.Dl / { sub(/^\.Dl /, ""); gsub(/\\\(..|\\\[..\]/, "x"); gsub(/\\&/, ""); if (length > 67) { print FILENAME ": " $0; bad = 1 } } END { exit bad }' "$page"
	done
}

@test "no page has a line over 80 columns" {
	local page wide
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for page in "$MAN"/*.[157]; do
		wide=$(mandoc -Tascii -O width=80 "$page" | sed 's/.\x08//g' | awk 'length($0) > 80')
		[ -z "$wide" ] || { echo "$page: $wide"; return 1; }
	done
}

@test "tc-pool(1): the examples print what the page shows" {
	page tc-pool.1 12
}

@test "tc-ledger(5): the examples print what the page shows" {
	page tc-ledger.5 8
}
