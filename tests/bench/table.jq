# The goals of a run (all of them, -s) as a table in Markdown: what was measured, and how many times
# as fast as what, or how many seconds.
def digits: . as $x | (if $x >= 10 then 1 elif $x >= 1 then 10 else 100 end) as $k | ($x * $k | round) / $k | tostring;
def names: {limit: "a program that does only that", bare: "the same without capture", ideal: "the least there can be",
	ours: "the same without", same: "curl and then that"};
def peer: .peer | names[.] // .;
def times: "\(.median | digits) x \(peer) (\(.least | digits) to \(.most | digits))";

def result: if .metric == "speed" then times
	elif .metric == "time" and .peer != "-" then "takes " + times
	elif .metric == "wall" then "\(.median | digits) s" else empty end;

def rows: reduce (.[] | select(.verdict != "skipped" and (.who == "ours" or .who == "ours-l"))) as $g
	({order: [], of: {}}; if .of[$g.about] then . else .order += [$g.about] end | .of[$g.about] += [$g | result])
	| .order[] as $about | select(.of[$about] != []) | "| \($about) | \(.of[$about] | join("; ")) |";

"| measured | speed: median (least to most) |", "|---|---|", rows, "", "On \($cpu), \($cores) cores, \($when)."
