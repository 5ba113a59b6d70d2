# The report as plain text. Scripts read it: its first line and the lines of
# items stay as they are.

def counted:
	"\(.failed + .later) failed",
	(select(.unsent > 0) | "\(.unsent) not attempted"),
	(select(.open > 0) | "\(.open) open"),
	(select(.bad > 0) | "\(.bad) unreadable");

def where:
	if .url != "" then " -> " + .url
	elif .said != "" then " -> " + .said
	elif .state != "" then " (" + .state + ")"
	else "" end;

def item: " #\(.index | text) " +
	if .ok then "ok " + .id + where
	elif .open != "" then .open + " " + .id + where
	else "FAILED " + .message end;

def plain: "Done: \(.n.ok) succeeded, \([.n | counted] | join(", "))", (.rows[] | item);
