# The report as RFC 4180 has it: for spreadsheets.

# What came from outside and would be taken for a formula becomes text.
def harmless: if test("^[=+@-]") then "\u0027" + . else . end;
def cell: if type == "string" then clean | harmless else . end;

# jq ends a line with LF alone: the CR is ours.
def line: map(cell) | @csv + "\r";

def csv:
	(["index", "ok", "state", "id", "input", "url", "code", "message",
		"seconds", "minutes", "cost", "currency"] | join(",") + "\r"),
	(.rows[] | [(.index | if type == "number" then . else text end),
		.ok, .state, .id, (.input | text), .url, .code, .message,
		(.length // .took), .minutes, .cost, .currency] | line);
