# From lines to rows: what is to be told of each item, in whatever form.

# A record of our own, or a result of tc-pool around one, or around any output.
def inner: if .value | type == "object" then .value else {} end;
def id: [.id, inner.id, .input] | first_text;
def url: [.url, inner.url, inner.downloadUrl, (.urls | arrays | .[0])] | first_text;
def state: [.state, inner.state, .status, inner.status] | first_text;
def job: [.job, inner.job, (inner | select(.status)) | objects][0] // {};
def error: .error | if type == "object" then . else {message: .} end;
def why: [error.message, error.code, "no reason given"] | first_text;
def said: .value | if type == "string" then split("\n")[0] // "" | clean else "" end;

def outcome:
	if .ok then "ok"
	elif .open then "open"
	elif error.code == "not_attempted" then "unsent"
	elif error.temporary == true then "later"
	else "failed" end;

# How long it took: as tc-pool or the ledger has it, else by the service's clock.
def took:
	(job | (.completed_at | when) as $until | (.created_at | when) as $begin
		| if $until and $begin and $until >= $begin then $until - $begin else null end) as $served
	| [.seconds, $served] | first_number;
def outputs: [.outputs | arrays | .[] | objects];

def row($n):
	{kind: outcome, index: (.index // $n), id: id, ok, url: url, said: said, state: state, took: took}
	+ {open: (.open | text), input, times}
	+ {code: (error.code | text), message: (if .ok then "" elif .open then .open | text else why end)}
	+ (job | {
		length: ([.duration_seconds, ([outputs[].duration_seconds | number | values] | max)] | first_number),
		minutes: (.billable_minutes | number),
		cost: (.total_actual_cost | number),
		currency: (if .total_actual_cost | number then .currency | text else "" end)
	});

# A line, as an array of the value on it, or of none.
def record($n; $place):
	if length == 0 then {kind: "bad", bad: "tc-report: \($place)not JSON\n"}
	elif .[0] | type != "object" or (.ok | type != "boolean") then
		{kind: "bad", bad: "tc-report: \($place)not a record: it has no \"ok\" that is true or false\n"}
	# open and times mean something only from ledger.jq: a pipeline's record may have its own.
	else .[0] | (if $ledger == "" then del(.open, .times) else . end) | row($n) end;

# One after the other, what each line amounts to.
def lines:
	foreach inputs as $line (
		{line: 0, seen: 0};
		.out = null
		| if $line == "\u001e" then .out = {kind: "torn"}
		elif $line | startswith("\u001e") then .file = ($line[1:] | clean) | .line = 0
		else
			.line += 1
			| if $line == "" then .
			else
				.seen as $n
				| (if .file then .file + ", " else "" end + "line \(.line): ") as $place
				| .out = ($line | try (from_line | [.]) catch [] | record($n; $place))
				| .seen += 1
			end
		end;
		.out | values);

# All of them: the rows, how many there are of each kind, the complaints, and
# the exit status of the batch.
def batch:
	[lines] as $all
	| ({ok: 0, failed: 0, later: 0, unsent: 0, open: 0, bad: 0, torn: 0}
		| reduce $all[].kind as $kind (.; .[$kind] += 1)) as $n
	| {
		$n,
		rows: [$all[] | select(.kind | . != "bad" and . != "torn")],
		bad: ([$all[] | .bad | values] | join("")),
		status: (if $n.torn > 0 then 74
			elif $n.failed + $n.bad > 0 then 1
			elif $n.later + $n.unsent + $n.open > 0 then 75
			else 0 end)
	};

# The sums, null where no row has anything to add. Money is kept apart by currency.
def sum(f): [.rows[] | f | values] | add;
def costs:
	[.rows[] | select(.cost)] | group_by(.currency) | map({currency: .[0].currency, cost: (map(.cost) | add)});

# What is printed, and then the complaints and the status.
def report(f): batch | f, (.status as $status | .bad | halt_error($status));
