# Prints a line for each way in which what happened differs from what a case says: its requests, and its record.
#	jq -rn --slurpfile case CASE --slurpfile log LOG --slurpfile out OUT -f tests/profiles.jq

# Is $want in $got? A text that ends in "*" is its beginning; objects may have more members.
def differs($want; $got; at):
	if ($want | type) == "object" and ($got | type) == "object" then
		$want | to_entries[] | .key as $k | differs(.value; $got[$k]; "\(at).\($k)")
	elif ($want | type) == "array" and ($got | type) == "array" and ($want | length) == ($got | length) then
		range($want | length) as $i | differs($want[$i]; $got[$i]; "\(at)[\($i)]")
	elif ($want | type) == "string" and ($got | type) == "string" and ($want | endswith("*")) then
		if ($got | startswith($want[:-1])) then empty else "\(at): \($got), not \($want)" end
	elif $want == $got then empty
	else "\(at): \($got | tojson), not \($want | tojson)" end;

$case[0] as $c
| (if ($log | length) != ($c.exchanges | length) then "\($log | length) requests, not \($c.exchanges | length): \([$log[] | .method + " " + .path])" else empty end),
(range([($c.exchanges | length), ($log | length)] | min) as $i
	| $c.exchanges[$i].request as $want | $log[$i] as $got
	| differs($want | del(.body); $got; "request \($i)"),
	(if ($want | has("body")) and $want.body != $got.body then "request \($i).body: \($got.body | tojson), not \($want.body | tojson)" else empty end)),
(if $c.record then differs($c.record; $out[0]; "record") else empty end)
