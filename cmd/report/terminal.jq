# The report on a terminal: in columns, those that have something, and in
# colour if $colour says so.

def paint($code): if $colour == "" or $code == "" or . == "" then . else "\u001b[" + $code + "m" + . + "\u001b[0m" end;
def hue: {ok: "32", open: "33", unsent: "33"}[.kind] // "31";
def word:
	if .ok then "ok" elif .open != "" then .open elif .kind == "unsent" then "NOT SENT" else "FAILED" end;
def or_blank(f): if . == null then "" else f end;

# A row's cells, and how each column is laid out. The last is as wide as it is.
def cells: .currency as $currency | [
	(.index | text),
	word,
	(.length | or_blank(duration)),
	(.minutes | or_blank(fixed(3))),
	(.cost | or_blank(money($currency))),
	(.took | or_blank(duration)),
	.id,
	([.url, .said, (if .ok or .open != "" then .state else .message end)] | first_text)
];
def columns: ["#", "STATE", "LENGTH", "MINUTES", "COST", "TOOK", "ITEM", "RESULT"];
def to_the_right: [true, false, true, true, true, true, false, false];

def pad($width; $right):
	(" " * ([0, $width - length] | max) // "") as $room
	| if $right then $room + . else . + $room end;

def table:
	[.rows[] | {hue: hue, cells: cells}] as $rows
	| [range(columns | length) as $i | select(any($rows[]; .cells[$i] != "")) | {
		i: $i, last: ($i == 7), right: to_the_right[$i],
		# what is longer than this moves only its own line
		width: ([([columns[$i], $rows[].cells[$i]] | map(length) | max), 40] | min)
	}] as $shown
	| def laid(f): [$shown[] | . as $c | f | if $c.last then . else pad($c.width; $c.right) end];
	select(.rows != [])
	| (laid(columns[.i]) | join("  ") | paint("2")),
	($rows[] | . as $row
		| [laid($row.cells[.i]), $shown]
		| transpose | map(if .[1].i == 1 then .[0] | paint($row.hue) else .[0] end)
		| join("  "));

def totals:
	[
		(sum(.length) | values | duration + " of media"),
		(sum(.minutes) | values | fixed(3) + " minutes billed"),
		(costs[] | .currency as $currency | .cost | money($currency))
	] | select(. != []) | join(", ");

def terminal:
	(.n | "Done: " + ("\(.ok) succeeded" | paint(if . == "0 succeeded" then "" else "32" end)) + ", "
		+ ([counted | paint(if startswith("0 ") then "" elif test(" (open|not attempted)$") then "33" else "31" end)]
			| join(", "))),
	totals, table;
