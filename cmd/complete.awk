# Prints a completion for bash, zsh or fish from what a tool says with --help,
# which is made from its table of options: so the two cannot differ.
# tc-wait --help | awk -v shell=bash -v profiles='local other' -f cmd/complete.awk
# profiles: the names of those that are compiled in; formats, qualities and
# resolutions: the words that they list for -f, -q and -r.

BEGIN {
	values["--format"] = formats
	values["--quality"] = qualities
	values["--resolution"] = resolutions
}

NR == 1 {
	if ($1 != "usage:" || (shell != "bash" && shell != "zsh" && shell != "fish"))
		exit
	tool = $2
	operands = /command/ ? "command" : /file|source/ ? "file" : "none"
}

/^  (-.,|   ) --[a-z]/ { option() }

# What does not fit beside a long option stands below it.
/^                    / && n && $0 !~ /^ *--/ {
	line = $0
	sub(/^ +/, "", line)
	help[n] = help[n] (help[n] == "" ? "" : " ") line
}

END {
	fault_words()
	if (!n || !tool) {
		print "complete.awk: no --help to read, or no shell named" >"/dev/stderr"
		exit 1
	}
	name = "_" tool
	gsub(/-/, "_", name)
	if (shell == "bash")
		bash()
	else if (shell == "zsh")
		zsh()
	else
		fish()
}

# "  -x, --name ARG   help", "      --name[=ARG]   help"
function option(    line) {
	short[++n] = substr($0, 3, 1) == "-" ? substr($0, 3, 2) : ""
	line = substr($0, 7)
	match(line, /^--[a-z0-9-]+/)
	long[n] = substr(line, 1, RLENGTH)
	line = substr(line, RLENGTH + 1)
	optional[n] = line ~ /^\[=/
	arg[n] = ""
	if (line ~ /^( [^ ]|\[=)/ && match(line, /^[^ ]+|^ [^ ]+/))
		arg[n] = substr(line, 1, RLENGTH)
	line = substr(line, length(arg[n]) + 1)
	sub(/^ /, "", arg[n])
	if (optional[n])
		gsub(/^\[=|\]$/, "", arg[n])
	sub(/^ +/, "", line)
	help[n] = line
	kind[n] = kind_of(arg[n])
	if ((long[n] in values) && values[long[n]] != "") {
		words[n] = values[long[n]]
		kind[n] = "words"
	}
}

# What a value is, from what --help calls it. Names in small letters are meant literally.
function kind_of(what,    part, count, i) {
	words[n] = ""
	if (what == "" || what == "DIR" || what == "FILE")
		return what == "" ? "flag" : tolower(what)
	if (what == "NAME|FILE")
		return "profile"
	if (what ~ /@FILE/)
		return "atfile"
	if (what == "CMD")
		return "command"
	count = split(what, part, "|")
	for (i = 1; i <= count; i++)
		if (part[i] ~ /^[a-z]+$/)
			words[n] = words[n] (words[n] == "" ? "" : " ") part[i]
	return words[n] == "" ? "other" : "words"
}

function names(i, between) {
	return (short[i] == "" ? "" : short[i] between) long[i]
}

# --fault names its faults in its help.
function fault_words(    i, part, count, j) {
	for (i = 1; i <= n; i++) {
		if (long[i] != "--fault")
			continue
		kind[i] = "words"
		count = split(substr(help[i], index(help[i], ":") + 1), part, " ")
		for (j = 1; j <= count; j++)
			words[i] = words[i] (j > 1 ? " " : "") part[j] "="
	}
}

# The names of all options that want a value (optional: that may have one).
function with_value(may, between,    i, list) {
	for (i = 1; i <= n; i++)
		if (kind[i] != "flag" && optional[i] == may)
			list = list (list == "" ? "" : between) names(i, between)
	return list
}

function bash_values(of,    action) {
	action["file"] = "_tc_reply -f"
	action["dir"] = "_tc_reply -d"
	action["command"] = "_tc_reply -c"
	action["atfile"] = "[ -z \"$at\" ] || _tc_reply -f"
	action["profile"] = "_tc_profiles"
	action["words"] = "_tc_reply -W '" words[of] "'"
	return action[kind[of]]
}

# readline splits words at = and may split them at @, so both forms are known here.
function bash(    i, all) {
	for (i = 1; i <= n; i++)
		all = all (i > 1 ? " " : "") names(i, " ")
	print "# bash completion for " tool ", made from its --help"
	print "_tc_reply() {\n\tlocal word\n\tcase $1 in -[cdf]) compopt -o filenames 2>/dev/null ;; esac"
	print "\twhile IFS= read -r word; do COMPREPLY+=(\"$before$word\"); done < <(compgen \"$@\" -- \"$cur\")\n}\n"
	if (with_value(0, " ") ~ /--provider/) {
		# tc-profile knows the user's own too; without it those that were compiled in
		print "_tc_profiles() {\n\tcompopt -o nosort 2>/dev/null\n\tlocal names\n\tnames=$(tc-profile list --names 2>/dev/null) || names='" profiles "'"
		print "\t_tc_reply -W \"$names\"\n\t_tc_reply -f\n}\n"
	}
	print name "() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} i option= value=-1 at= before="
	print "\tCOMPREPLY=()\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in"
	print "\t\t--) i=$((i + 1)) && break ;;"
	print "\t\t" with_value(0, " | ") ")"
	print "\t\t\toption=${COMP_WORDS[i]} value=$((i + 1))"
	print "\t\t\t[ \"${COMP_WORDS[value]-}\" != = ] || value=$((value + 1))"
	print "\t\t\t[ \"${COMP_WORDS[value]-}\" != @ ] || { at=@ && value=$((value + 1)); }"
	print "\t\t\ti=$value\n\t\t\t;;"
	if (with_value(1, " | ") != "") {
		print "\t\t" with_value(1, " | ") ")"
		print "\t\t\t[ \"${COMP_WORDS[i + 1]-}\" != = ] || { option=${COMP_WORDS[i]} value=$((i + 2)) && i=$value; }\n\t\t\t;;"
	}
	print "\t\t-?*) ;;\n\t\t*) break ;;\n\t\tesac\n\tdone"
	print "\tif [ \"$value\" -ge \"$COMP_CWORD\" ]; then\n\t\tcase $cur in = | @) cur= ;; esac"
	print "\telif [ \"$i\" -ge \"$COMP_CWORD\" ] && [[ $cur == --*=* ]]; then"
	print "\t\toption=${cur%%=*} value=$COMP_CWORD before=${cur%%=*}= cur=${cur#*=}\n\tfi"
	print "\tif [ \"$value\" -ge \"$COMP_CWORD\" ]; then"
	print "\t\t[[ $cur != @* ]] || { at=@ before=${before}@ cur=${cur#@}; }\n\t\tcase $option in"
	for (i = 1; i <= n; i++)
		if (bash_values(i))
			print "\t\t" names(i, " | ") ") " bash_values(i) " ;;"
	print "\t\tesac"
	print "\telif [ \"$i\" -ge \"$COMP_CWORD\" ] && [[ $cur == -* && ${COMP_WORDS[COMP_CWORD - 1]} != -- ]]; then"
	print "\t\t_tc_reply -W '" all "'"
	if (operands == "command") {
		print "\telif type _command_offset >/dev/null 2>&1; then\n\t\t_command_offset \"$i\""
		print "\telif [ \"$i\" -ge \"$COMP_CWORD\" ]; then\n\t\t_tc_reply -c"
	}
	if (operands != "none")
		print "\telse\n\t\t_tc_reply -f"
	print "\tfi\n}\ncomplete -F " name " " tool
}

function quoted(s) {
	gsub(/'/, "'\\''", s)
	return s
}

function zsh_escaped(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/:|\[|\]/, "\\\\&", s)
	return quoted(s)
}

function zsh(    i, action, spec) {
	action["file"] = "_files"
	action["dir"] = "_files -/"
	action["command"] = "_command_names -e"
	action["atfile"] = "{ compset -P @ && _files }"
	action["profile"] = "_tc_profiles"
	action["other"] = " "
	print "#compdef " tool "\n# zsh completion for " tool ", made from its --help\n"
	if (with_value(0, " ") ~ /--provider/) {
		print "_tc_profiles() {\n\tcompadd -- ${(f)\"$(tc-profile list --names 2>/dev/null || print -l " profiles ")\"}"
		print "\t_files\n}\n"
	}
	print "_arguments -s -S -A '-*' : \\"
	for (i = 1; i <= n; i++) {
		spec = "[" zsh_escaped(help[i]) "]"
		if (kind[i] != "flag")
			spec = spec (optional[i] ? "::" : ":") zsh_escaped(arg[i]) ":" \
				(kind[i] == "words" ? "(" words[i] ")" : action[kind[i]])
		# with * it may be given again, else its two forms exclude each other
		if (help[i] ~ /may be (given again|repeated)/)
			spec = "'*'" zsh_names(i) "'" spec "'"
		else
			spec = (short[i] == "" ? "" : "'(" names(i, " ") ")'") zsh_names(i) "'" spec "'"
		print "\t" spec " \\"
	}
	if (operands == "command")
		print "\t'(-):command: _command_names -e' '*::argument: _normal'"
	else
		print "\t'*:operand:" (operands == "file" ? "_files" : " ") "'"
}

function zsh_names(i,    sign) {
	sign = kind[i] == "flag" ? "" : optional[i] ? "=-" : "="
	return short[i] == "" ? long[i] sign : "{" short[i] (kind[i] == "flag" ? "" : "+") "," long[i] sign "}"
}

function fish(    i, more) {
	print "# fish completion for " tool ", made from its --help"
	if (operands == "none")
		print "complete -c " tool " -f"
	else if (operands == "command")
		print "complete -c " tool " -x -a '(__fish_complete_subcommand " with_value(0, " ") ")'"
	for (i = 1; i <= n; i++) {
		more["flag"] = more["other"] = ""
		more["file"] = more["atfile"] = " -F"
		more["dir"] = " -xa '(__fish_complete_directories)'"
		more["command"] = " -xa '(__fish_complete_command)'"
		more["profile"] = " -F -a '(tc-profile list --names 2>/dev/null; or string split \" \" \"" profiles "\")'"
		more["words"] = " -a '" words[i] "'"
		print "complete -c " tool (short[i] == "" ? "" : " -s " substr(short[i], 2)) " -l " substr(long[i], 3) \
			(kind[i] == "flag" ? "" : optional[i] ? " -f" : kind[i] ~ /file|profile/ ? " -r" : " -x") \
			more[kind[i]] " -d '" quoted(help[i]) "'"
	}
}
