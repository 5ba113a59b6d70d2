# For suites that read the options in the manual pages: load it after helper. MAN is where they are.

# page_options PAGE: "-x --name" or "--name" for each option of its list, where .It lines name each after Fl,
# and for those that it only refers to, from the list of tc-options(7).
page_options() {
	{
		listed_options "$1"
		common_options "$1" >common.txt
		listed_options "$MAN/tc-options.7" | awk 'NR == FNR { common[$1] = 1; next } $1 in common || $2 in common' common.txt -
	} | sort
}

# The options that a page says are in tc-options(7), a line each.
common_options() {
	sed -n '/^The common options are described in/,/ \.$/s/^\.Fl //p' "$1" |
		tr -s ' ,.' '\n' | sed -n 's/^[a-zA-Z-].*/-&/p'
}

listed_options() {
	awk '
	$1 == ".It" && $2 == "Fl" {
		text = ""
		for (i = 2; i <= NF; i++)
			if ($i ~ /^(Fl|Ar|Cm|Ns|Op|Oo|Oc|Pq|No)$/)
				flag = $i == "Fl"
			else if (flag && $i != ",")
				text = text (text == "" ? "" : " ") "-" $i
		print text
	}' "$1"
}
