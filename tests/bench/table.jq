# The goals of a run (all of them, -s) as a table in Markdown: what was measured, against what, how
# many times as fast or how many seconds.
def digits: . as $x | (if $x >= 10 then 1 elif $x >= 1 then 10 else 100 end) as $k | ($x * $k | round) / $k | tostring;
def times: "\(.median | digits) (\(.least | digits) to \(.most | digits))";
def names: {limit: "a program that does only that", bare: "the same without capture", ideal: "the least there can be"};

def shown: select(.verdict != "skipped" and (.who == "ours" or .who == "ours-l"))
	| if .metric == "speed" then "| \(.about) | \(times) x \(.peer | names[.] // .) |"
	  elif .metric == "time" and .peer != "-" then "| \(.about) | takes \(times) x the time of \(.peer | names[.] // .) |"
	  elif .metric == "wall" then "| \(.about) | \(.median | digits) s |" else empty end;

"| measured | result: median (least to most) |", "|---|---|", (.[] | shown),
"", "On \($cpu), \($cores) cores, \($when)."
