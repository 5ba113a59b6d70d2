#!/usr/bin/env bats
# Completion in bash, zsh and fish: made from --help, and really asked for.

load helper
load manual

setup() {
	setup_tc
	MADE=$BUILD/completions
	TOOLS="tc-put tc-create tc-wait tc-url tc-get tc-cancel tc-confirm tc-list tc-pool tc-hook tc-profile tc-serve tc-report"
	[ ! -x "$BUILD/tc-rate" ] || TOOLS="$TOOLS tc-rate"
}

# What --help lists: each name in a line, sorted.
help_options() {
	"$1" --help | grep '^  *-' | grep -o '^ *\(-., \)\?--[a-z-]*' | tr -d ', ' | sed 's/^\(-[^-]\)--/\1\n--/' | sort
}

# bash_offers WORD...: what bash offers for the last one, sorted, a line each.
# A shell of its own, without a line editor, as one that has just started.
bash_offers() {
	bash --norc -c '
		source "$MADE/bash/$1" || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		spec=$(complete -p "$1") && spec=${spec#*-F }
		"${spec%% *}" "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$@" 2>&1 | sort
}

# offers WANTED WORD...: are these, and only these, offered?
offers() {
	local want=$1 got
	shift
	got=$(MADE=$MADE bash_offers "$@" | tr '\n' ' ')
	[ "${got% }" = "$want" ] || { printf '%s\n  wanted: %s\n  got:    %s\n' "$*" "$want" "$got"; return 1; }
}

@test "bash offers every option that --help lists, and no other, for every tool" {
	local tool
	for tool in $TOOLS; do
		help_options "$tool" >help.txt
		[ "$(wc -l <help.txt)" -ge 6 ]
		MADE=$MADE bash_offers "$tool" - >offered.txt
		diff help.txt offered.txt || { echo "$tool: <: only in --help; >: only offered"; return 1; }
	done
}

@test "the manual page, --help and the completions of all three shells name the same options" {
	local tool
	for tool in $TOOLS; do
		help_options "$tool" | grep '^--' >help.txt
		MAN=$ROOT/man page_options "$ROOT/man/$tool.1" | grep -o -e '--[a-z-]*' | sort >page.txt
		diff help.txt page.txt || { echo "$tool: <: only in --help; >: only in its page"; return 1; }
		sed -n 's/^complete -c [a-z-]*\( -s .\)\? -l \([a-z-]*\) .*/--\2/p' "$MADE/fish/$tool.fish" | sort >fish.txt
		diff help.txt fish.txt || { echo "$tool: <: only in --help; >: only for fish"; return 1; }
		# up to the text in brackets
		sed -n "s/^	\([^[]*\)\[.*/\1/p" "$MADE/zsh/_$tool" | grep -o -e '--[a-z-]*[a-z]' | sort -u >zsh.txt
		diff help.txt zsh.txt || { echo "$tool: <: only in --help; >: only for zsh"; return 1; }
	done
}

@test "the word typed so far narrows what bash offers" {
	offers '--max-interval --max-throttle --max-wait' tc-wait --max-
	offers '--accept-partial' tc-wait --interval 2s --ac
	offers '--fault --fault-on' tc-serve --fau
	offers '' tc-wait --no-such
}

@test "bash offers values: profiles, words, files, directories" {
	mkdir -p .config/tc/profiles 'a dir' files
	echo '{}' >.config/tc/profiles/mine.json
	echo '{}' >files/one.json
	echo >'files/two words.txt'
	offers 'ffmpeg-micro files' tc-create -p f
	offers 'medium' tc-create -q me
	offers 'webm webp' tc-create --format web
	offers '720p' tc-create -r 72
	offers 'status-500-after= status-500=' tc-serve --fault status-500
	offers 'local' tc-wait --provider lo
	offers 'mine' tc-url --provider = mi
	offers 'always auto never' tc-url --progress =
	offers 'always auto' tc-wait --progress = a
	offers '--progress=always --progress=auto' tc-wait --progress=a
	offers 'create fail list' tc-create --in-doubt ''
	offers 'all create get put' tc-serve --fault-on ''
	offers 'files/one.json files/two words.txt' tc-create --ledger files/
	offers 'files/two words.txt' tc-report -l 'files/two'
	offers '@files/one.json' tc-create -d @files/o
	offers 'files/one.json' tc-create -d @ files/o
	offers '' tc-create -d files/o
	offers 'a dir' tc-serve --media 'a'
	offers '' tc-serve --media files/
	offers '' tc-create --retries ''
}

@test "bash: after the first operand, or --, there are no more options" {
	mkdir clips
	echo >clips/a.mp4
	echo >-odd
	offers 'clips/a.mp4' tc-create -j 3 cl clips/
	offers '' tc-create one.mp4 --led
	offers '-odd' tc-create -- -o
	offers '' tc-wait job_1 --led
	offers '--ledger' tc-wait -j 3 --progress --led
}

@test "bash: tc-pool completes the command, then what the command takes" {
	mkdir bin clips
	printf '#!/bin/sh\n' >bin/tc-pool-probe
	chmod +x bin/tc-pool-probe
	echo >clips/a.mp4
	PATH=$PWD/bin:$PATH
	offers 'tc-pool-probe' tc-pool -j 3 -- tc-pool-pr
	offers 'tc-pool-probe' tc-pool --retry-on 7 tc-pool-pr
	offers 'clips/a.mp4' tc-pool -j 3 -- cat clips/
	offers '' tc-pool cat --no-op
}

@test "completions follow --help: an option more there is one more in each" {
	local shell
	tc-wait --help | sed 's|^  -v, --verbose .*|&\n  -z, --zebra one\|two        it'"'"'s [new]: a test|' >help.txt
	grep -q zebra help.txt
	for shell in bash zsh fish; do
		awk -v shell=$shell -v profiles=local -f "$ROOT/cmd/complete.awk" <help.txt >new
		grep -q zebra new
		! grep -q zebra "$MADE/$shell"/*tc-wait* || false
		[ $shell != bash ] || { mkdir -p made/bash && cp new made/bash/tc-wait; }
	done
	MADE=made
	offers '--zebra' tc-wait --ze
	offers 'one two' tc-wait -z ''
}

@test "a tool that does not start makes no empty completion" {
	run -1 awk -v shell=bash -f "$ROOT/cmd/complete.awk" </dev/null
	[ "$output" = "complete.awk: no --help to read, or no shell named" ]
	echo 'usage: no options' >help.txt
	run -1 awk -v shell=fish -f "$ROOT/cmd/complete.awk" help.txt
}

# list WORD: what the built-in profiles list for an option, as the Makefile gives it to the awk.
list() {
	sed -n "s/.*\"$1\": \[\(.*\)\].*/\1/p" "$ROOT"/lib/profiles/*.json | tr -d '",' | tr ' ' '\n' | grep -v / | sort -u | tr '\n' ' '
}

@test "every awk makes the same completions" {
	local awk shell tool names formats qualities resolutions tried=0
	formats=$(list format) qualities=$(list quality) resolutions=$(list resolution)
	names=$(cd "$ROOT/lib/profiles" && echo *.json | sed 's/\.json//g')
	for tool in $TOOLS; do
		"$tool" --help >"$tool.help"
	done
	for awk in mawk gawk 'busybox awk' original-awk; do
		command -v "${awk%% *}" >/dev/null || continue
		for shell in bash zsh fish; do
			for tool in $TOOLS; do
				$awk -v shell=$shell -v profiles="$names" -v formats="$formats" -v qualities="$qualities" -v resolutions="$resolutions" -f "$ROOT/cmd/complete.awk" "$tool.help" >got
				cmp got "$MADE/$shell"/*"$tool"*
			done
		done
		tried=$((tried + 1))
	done
	[ "$tried" -ge 1 ] || skip "none of mawk, gawk, busybox and original-awk is installed"
}

@test "fish offers options, words and profiles" {
	command -v fish >/dev/null || skip "fish is not installed"
	local tool
	fish_offers() {
		fish --no-config -c "source '$MADE/fish/${1%% *}.fish'; complete -C '$1'" | cut -f 1 | sort | tr '\n' ' '
	}
	for tool in $TOOLS; do
		help_options "$tool" | grep '^--' >help.txt
		fish_offers "$tool --" | tr ' ' '\n' | grep -v '^$\|=$' >offered.txt
		diff help.txt offered.txt
	done
	[ "$(fish_offers 'tc-create --in-doubt ')" = "create fail list " ]
	[ "$(fish_offers 'tc-wait --progress=')" = "--progress=always --progress=auto --progress=never " ]
	[ "$(fish_offers 'tc-url -p loc')" = "local " ]
}

@test "zsh reads the completions, and hands each option to _arguments once" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	local tool
	for tool in $TOOLS; do
		help_options "$tool" >help.txt
		# shellcheck disable=SC2016 # zsh's own
		zsh -f -c '_arguments() { shift $argv[(i):]; print -rl -- $argv }; source $1' zsh "$MADE/zsh/_$tool" >specs
		sed -n 's/^\((-[^)]*)\|[*]\)\?\(--\?[a-zA-Z0-9-]*[a-zA-Z0-9]\).*/\2/p' specs | sort >zsh.txt
		diff help.txt zsh.txt || { echo "$tool: <: only in --help; >: only for zsh"; return 1; }
	done
}

# zsh_offers LINE: what zsh offers for the end of LINE, sorted, a line each: a
# shell on a terminal of its own, with the system's completions and ours.
zsh_offers() {
	cat >offers.zsh <<-'END'
		zmodload zsh/zpty
		# held open, so that it does not end between two words
		mkfifo told && exec {from}<>told || exit
		zpty shell env TERM=dumb zsh -f -i
		{
			print -r -- "PS1= PS2= RPS1=; fpath=(${(q)MADE}/zsh \$fpath)"
			# what is found in fpath is kept: the shells of a test have the same
			print -r -- 'autoload -Uz compinit && compinit -u -d ./compdump'
			# all matches go through compadd; with -O, -A or -D it only looks for some
			print -r -- 'compadd() {
				local -a hits
				[[ ${@[1,(i)(-|--)]} == *-[OAD]\ * ]] || {
					builtin compadd -A hits "$@"
					print -rl -- $hits >>offered
				}
				builtin compadd "$@"
			}'
			print -r -- '_over() { print over >told; zle kill-whole-line }; zle -N _over'
			print -r -- 'bindkey "^X" _over; bindkey "^I" list-choices'
		} >setup.zsh
		zpty -w shell 'source ./setup.zsh; print ready >told'
		read -u $from word || exit
		: >offered
		zpty -w -n shell "$1"$'\t\030'
		read -u $from word || exit
		zpty -w shell exit
		zpty -d shell
		rm told
	END
	MADE=$MADE timeout -k 1 60 zsh -f offers.zsh "$1" && sort -u offered | sed '/^$/d'
}

@test "zsh, on a terminal, offers options, words, profiles, files and commands" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	local tool
	for tool in $TOOLS; do
		help_options "$tool" | grep '^--' >help.txt
		zsh_offers "$tool --" >offered.txt
		diff help.txt offered.txt
	done
	[ "$(zsh_offers 'tc-create --in-doubt=' | xargs)" = "create fail list" ]
	[ "$(zsh_offers 'tc-wait -l L --progress=' | xargs)" = "always auto never" ]
	[ "$(zsh_offers 'tc-url -p loc' | xargs)" = local ]
	: >urls.txt
	[ "$(zsh_offers 'tc-create -d @ur' | xargs)" = urls.txt ]
	zsh_offers 'tc-pool -j 2 sl' | grep -qx sleep
}

@test "the tools' completions load under set -u and leave no other names behind" {
	local tool
	for tool in $TOOLS; do
		run -0 env -i bash --norc -u -c 'source "$1"; compgen -A function; complete -p' bash "$MADE/bash/$tool"
		! grep -v -e '^_tc_[a-z]*$' -e "^complete -F _tc_[a-z]* $tool\$" <<<"$output" || false
	done
}
