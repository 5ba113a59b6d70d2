# The report as one page that needs nothing beside it. All text from outside
# goes through @html, and only web addresses become links.

# What people call an item: its source, and the end of that.
def source:
	[(.input | strings), (.input | objects | .url, .input_url, .input_path, .src,
		(.inputs | arrays | .[0] | objects | .url)), .input, .id] | first_text;
def short:
	(split("?")[0] // "" | split("/") | map(select(. != ""))[-1]) // .
	| if length > 80 then .[:79] + "…" else . end;

def many($one; $more): "\(.) " + if . == 1 then $one else $more end;

# When all of it was, if the ledger tells.
def span:
	[.rows[].times | objects | .begun, .created, .ended, .done | values]
	| if . == [] then null else {from: min, to: max} end;

def tile($class; $big; $small):
	"<div class=\"tile \($class)\"><b>\($big | tostring | @html)</b><span>\($small | @html)</span></div>";

def tiles:
	tile("ok"; .n.ok; "succeeded"),
	(.n.failed + .n.later | tile(if . > 0 then "failed" else "none" end; .; "failed")),
	(.n.unsent | select(. > 0) | tile("open"; .; "not attempted")),
	(.n.open | select(. > 0) | tile("open"; .; "open")),
	(.n.bad | select(. > 0) | tile("failed"; .; many("line"; "lines") | ltrimstr("1 ") + " unreadable")),
	(span | values | tile("fact"; .to - .from | duration; "first to last")),
	([span | values as $span | $pauses[] | ([.[1], $span.to] | min) - .[0] | select(. > 0)]
		| add | values | tile("fact"; duration; "paused, after \"too many\"")),
	(sum(.length) | values | tile("fact"; duration; "of media")),
	(sum(.minutes) | values | tile("fact"; fixed(3); "minutes billed")),
	(costs[] | .currency as $currency | tile("fact"; .cost | money($currency); "cost"));

# What to make of it, in a sentence or two.
def verdict:
	(.rows | length) as $all
	| .n
	| if $all + .bad == 0 then "There were no items."
	elif .ok == $all and .bad == 0 then "All \($all | many("item"; "items")) succeeded."
	else
		"\(.ok) of \($all | many("item"; "items")) succeeded."
		+ (if .failed > 0 then " \(.failed) failed for good: running the batch again will not help \(if .failed == 1 then "it" else "them" end)." else "" end)
		+ (if .later + .unsent > 0 then " \(.later + .unsent) failed for a time or had no turn: run the same command again." else "" end)
		+ (if .open > 0 then " \(.open) had not ended when this was written." else "" end)
		+ (if .bad > 0 then " \(.bad | many("line"; "lines")) could not be read." else "" end)
	end;

def share:
	(.rows | length) as $all
	| select($all > 0)
	| "<div class=\"share\">"
	+ ([(.n | {ok, failed: (.failed + .later), open: (.open + .unsent)}) | to_entries[] | select(.value > 0)
		| "<i class=\"\(.key)\" style=\"flex:\(.value)\"></i>"] | join("")) + "</div>";

# Without the query, which is a signature more often than not.
def address:
	if test("^https?://[^ ]") then
		"<a rel=\"noreferrer\" href=\"\(@html)\">\(split("?") | .[0] + (if .[1] then "?…" else "" end) | @html)</a>"
	else @html end;

def told_of:
	if .ok or .open != "" then
		if .url != "" then .url | address else [.said, .state] | first_text | @html end
	else
		"<b>\(.message | @html)</b>"
		+ (if .code == "" or .code == .message then "" else " <code>\(.code | @html)</code>" end)
		+ (if .kind == "later" or .kind == "unsent" then " <small>worth another try</small>" else "" end)
	end;

def facts: .currency as $currency | {
	length: (.length | or_blank(duration)),
	minutes: (.minutes | or_blank(fixed(3))),
	cost: (.cost | or_blank(money($currency))),
	took: (.took | or_blank(duration))
};

def table_row($names):
	facts as $facts
	| "<tr class=\"\(.kind)\"><td class=\"n\">\(.index | text | @html)</td>"
	+ "<td><span class=\"word\">\(.word | @html)</span></td>"
	+ "<td class=\"item\">\(.source | @html)"
	+ (if .id == .source then "" else "<small>\(.id | @html)</small>" end) + "</td>"
	+ ([$names[] | "<td class=\"n\">\($facts[.] | @html)</td>"] | join(""))
	+ "<td class=\"told\">\(told_of)</td></tr>";

# From rows; a column that has nothing to say is left out.
def html_table($title):
	map(facts) as $facts
	| ["length", "minutes", "cost", "took" | select(. as $name | any($facts[]; .[$name] != ""))] as $names
	| select(. != [])
	| "<section><h2>\($title)</h2><div class=\"wide\"><table><thead><tr><th class=\"n\">#</th><th>state</th><th>item</th>"
	+ ([$names[] | "<th class=\"n\">\(.)</th>"] | join("")) + "<th>result</th></tr></thead><tbody>",
	(.[] | table_row($names)),
	"</tbody></table></div></section>";

def day: floor | strftime("%Y-%m-%d");
def subtitle($span):
	(if $ledger == "" then "from records, which have no times: a ledger has a timeline too" else "from ledger <b>\($ledger | clean | @html)</b>" end)
	+ if $span then
		": \($span.from | day) \($span.from | clock) to "
		+ ($span.to | if day == ($span.from | day) then clock else day + " " + clock end) + " UTC"
	else "" end;

def page:
	.rows |= map(. + {word: word, source: source} | .name = (.source | short))
	| span as $span
	| "<!doctype html>",
	"<html lang=\"en\"><head><meta charset=\"utf-8\">",
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
	"<meta name=\"color-scheme\" content=\"light dark\">",
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src \u0027none\u0027; style-src \u0027unsafe-inline\u0027\">",
	"<title>Batch: \(.n.ok) succeeded, \(.n.failed + .n.later) failed</title>",
	"<style>\($css)</style></head><body><main>",
	"<header><h1>Batch report</h1><p>\(subtitle($span))</p></header>",
	"<section><p class=\"verdict\">\(verdict)</p><div class=\"tiles\">", tiles, "</div>", share, "</section>",
	(.rows | map(select(.kind | . == "failed" or . == "later" or . == "unsent"))
		| html_table("What failed")),
	timeline,
	(.rows | html_table("All items")),
	"<footer>Times are UTC. Written by tc-report.</footer>",
	"</main></body></html>";
