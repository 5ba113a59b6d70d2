# The page's timeline: a row for each item, a bar for each stretch of its life.
# Bars are placed in per cent of the batch's length, so a page of any width will do.

# Stretches in the order of an item's life, and what the legend says of them.
def kinds: [
	{kind: "send", name: "being created", more: "asked for, not yet taken; waits after a 429 are in here"},
	{kind: "queue", name: "queued", more: "taken by the service, not begun"},
	{kind: "work", name: "encoding", more: "by the service's clock"},
	{kind: "both", name: "queued or encoding", more: "the service does not say when it began"},
	{kind: "run", name: "command running", more: "what tc-pool ran for the item"},
	{kind: "fetch", name: "result being fetched", more: "ended; not yet looked at, or its address not yet known"}
];

# Where each stretch ends; null where that is not known. One that has no end
# goes on until the ledger's last line.
def ends:
	if .created then
		{kind: "send", at: .created},
		if .started then {kind: "queue", at: .started}, {kind: "work", at: (.finished // .ended)}
		else {kind: "both", at: (.finished // .ended)} end,
		(select(.ended) | {kind: "fetch", at: (.done // .ended)})
	elif .done then {kind: "run", at: .done}
	else {kind: "send", at: .ended} end;

# The clocks that were read may differ a little: no stretch ends before it begins.
def stretches:
	.times as $t
	| reduce ($t | ends) as $e ({at: $t.begun, open: false, all: []};
		if .open then .
		else
			([.at, ($e.at // $t.last)] | max) as $to
			| .open = ($e.at == null)
			| .all += [{kind: $e.kind, from: .at, to: $to, open}]
			| .at = $to
		end)
	| .all;

def percent: . * 100 | if . < 0 then 0 elif . > 100 then 100 else . end | fixed(3) + "%";
def clock: floor | strftime("%H:%M:%S");

def axis_step($length):
	[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
		(1, 2, 5, 10, 20, 50, 100, 200, 500 | . * 86400)]
	| map(select($length / . <= 8))[0] // ($length / 8);

# How long after the begin, in as few words as an axis has room for.
def after:
	[
		"\(. / 86400 | floor) d",
		"\(. % 86400 / 3600 | floor) h",
		"\(. % 3600 / 60 | floor) min",
		"\(. % 60) s"
	] | map(select(startswith("0 ") | not)) | if . == [] then "0" else join(" ") end;

def axis($from; $length):
	axis_step($length) as $step
	| [range(0; $length; $step) | . as $x
		| "<span style=\"left:\($x / $length | percent)\"><b>\($x | floor | after)</b>"
			+ "<i>\($from + $x | clock)</i></span>"]
	| "<div class=\"axis\"><div class=\"name\">since the first<br>clock (UTC)</div><div class=\"lane\">" + join("") + "</div></div>";

# Those pauses that can be seen, as far as they can.
def shown_pauses($from; $to): [$pauses[] | [([.[0], $from] | max), ([.[1], $to] | min)] | select(.[0] < .[1])];

# Drawn once, as a background for all lanes.
def shading($from; $length):
	if . == [] then ""
	else
		([.[] | map((. - $from) / $length | percent)
			| "transparent \(.[0]),var(--pause) \(.[0]) \(.[1]),transparent \(.[1])"] | join(","))
		| ";--pauses:linear-gradient(90deg,transparent 0,\(.))"
	end;

def bar($from; $length):
	"<i class=\"\(.kind)\(if .open then " open" else "" end)\" style=\"left:\((.from - $from) / $length | percent);"
		+ "width:\((.to - .from) / $length | percent)\"></i>";

# What the pointer is told: when each stretch began and how long it was.
def told:
	"#\(.index | text) \(.name): \(.word)"
	+ ([.bars[] | . as $b | kinds[] | select(.kind == $b.kind)
		| "\n\($b.from | clock) \(.name), \($b.to - $b.from | duration)" + (if $b.open then " so far" else "" end)] | add // "")
	+ (if .message == "" or .ok or .open != "" then "" else "\n" + .message end);

def mark($from; $length):
	if .kind == "ok" or .kind == "open" then ""
	else "<b class=\"x\" style=\"left:\((.bars[-1].to - $from) / $length | percent)\">✕</b>" end;

def lane($from; $length):
	"<div class=\"row \(.kind)\" title=\"\(told | @html)\"><div class=\"name\">"
	+ "<small>\(.index | text | @html)</small> \(.name | @html)</div><div class=\"lane\">"
	+ ([.bars[] | bar($from; $length)] | join("")) + mark($from; $length) + "</div></div>";

# What there is to explain in these rows.
def legend($shaded):
	[.[].bars[]] as $bars
	| [
		(kinds[] | select(.kind | IN($bars[].kind)) | "<i class=\"\(.kind)\"></i><b>\(.name)</b> <small>\(.more)</small>"),
		(select(any(.[]; mark(0; 1) != "")) | "<b class=\"x\">✕</b><b>failed</b>"),
		(select($shaded != []) | "<i class=\"pause\"></i><b>paused</b> <small>told \"too many\", a tool sent nothing</small>"),
		([$bars[] | select(.open)][0] | values
			| "<i class=\"\(.kind) open\"></i><b>still open</b> <small>drawn up to the ledger's last line</small>")
	]
	| "<ul class=\"legend\">" + (map("<li>" + . + "</li>") | add) + "</ul>";

def timeline:
	[.rows[] | select(.times.begun) | .bars = stretches] as $rows
	| select($rows != [])
	| ([$rows[].times.begun] | min) as $from
	| ([$rows[].bars[].to] | max) as $to
	| ([$to - $from, 1] | max) as $length
	| shown_pauses($from; $to) as $shaded
	| "<section><h2>Timeline</h2>",
	($rows | legend($shaded)),
	"<div class=\"time\(if ($rows | length) > 150 then " dense" else "" end)\""
	+ " style=\"--step:\(axis_step($length) / $length | percent)\($shaded | shading($from; $length))\">",
	axis($from; $length), ($rows[] | lane($from; $length)), axis($from; $length),
	"</div></section>";
