# Holds the runs of one row against its goals; gives one object a goal.
# Metrics: speed (their time an item over ours), time and cpu (ours over
# theirs), held (MiB more than theirs): all paired by round. Anything else is
# a count of ours: the worst round counts, and decides.

def median: sort | if length % 2 == 1 then .[(length - 1) / 2] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def digits($n): . as $x | pow(10; $n) as $k | ($x * $k | round) / $k;
def short: if . == null then "" elif . >= 100 then round elif . >= 1 then digits(2) else digits(4) end | tostring;
def item($f): .[$f] / .n * 1000;
def count($m): if $m == "rss" then .rss / 1024 elif $m == "wall" then .wall else .[$m] end;

def values($a; $b; $m):
	if $m == "speed" then ($b | item("wall")) / ($a | item("wall"))
	elif $m == "time" then ($a | item("wall")) / ($b | item("wall"))
	elif $m == "cpu" then ($a | item("cpu")) / ($b | item("cpu"))
	else ($a.rss - $b.rss) / 1024 end;

def shown($runs; $m): if ($runs | length) == 0 then "" else
	if $m == "cpu" then ($runs | map(item("cpu")) | median | short) + " ms"
	elif $m == "held" then ($runs | map(.rss / 1024) | max | short) + " MB"
	else ($runs | map(item("wall")) | median | short) + " ms" end end;

def judged($runs):
	. as $g
	| ($runs | map(select(.who == $g.who))) as $ours
	| ($runs | map(select(.who == $g.peer))) as $theirs
	| (["speed", "time", "cpu", "held"] | index($g.metric) != null) as $paired
	| (if $paired
		then [$ours[] as $a | $theirs[] | select(.round == $a.round) as $b | values($a; $b; $g.metric)]
		else [$ours[] | count($g.metric) | select(. != null)] end) as $v
	| ($paired and $g.metric != "held" | not) as $hard
	| $g + {kind: "goal", $about, hard: ($hard and $g.metric != "wall"), values: $v}
	| if ($v | length) == 0 then . + {verdict: "skipped"} else
		. + {least: ($v | min), most: ($v | max), median: ($v | median)}
		| .value = (if $hard then (if .op == "<=" then .most else .least end) else .median end)
		| .verdict = (if .bound == null then "told"
			elif (if .op == "<=" then .value <= .bound else .value >= .bound end) then "ok" else "missed" end)
	  end
	| .text = [.row, .who, .metric,
		(if $paired then shown($ours; .metric) else "" end),
		(if .peer == "-" then "" else .peer end),
		(if $paired then shown($theirs; .metric) else "" end),
		(if .verdict == "skipped" then "" elif (.values | length) > 1
			then "\(.value | short) [\(.least | short)..\(.most | short)]" else .value | short end),
		(if .bound == null then "" else "\(.op) \(.bound)" end),
		(if .verdict == "skipped" then "left out: not there" elif .verdict == "told" then "" else .verdict end)];

# A run of ours that fails has missed, whatever its times.
def failures($runs): $runs[] | select((.who | startswith("ours")) and .status != 0)
	| {kind: "goal", row, who, metric: "status", hard: true, verdict: "missed",
		text: [.row, .who, "status", "", "", "", (.status | tostring), "<= 0", "missed"]};

($goals[0].row // "") as $row
| ($runs | map(select(.kind == "run" and .row == $row and .try == $turn))) as $these
| ($goals[] | judged($these)), failures($these)
