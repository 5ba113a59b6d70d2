# Prints a line for each way in which the input breaks $schema[0]: as much of JSON Schema as `tc-profile schema` uses.
#	jq -r --slurpfile schema schema.json -f tests/schema.jq profile.json

def follow: if has("$ref") then . as $s | $schema[0] | getpath(($s["$ref"] | split("/"))[1:]) else . end;

def is(t): if t == "integer" then type == "number" and . == floor else type == t end;

def broken($s; at):
	. as $v | ($s | follow) as $s
	| (if $s.type and ($v | is($s.type) | not) then "\(at): not \($s.type)" else empty end),
	(if $s.enum and ($s.enum | index($v) == null) then "\(at): not one of \($s.enum)" else empty end),
	(if $s.minimum and ($v | type) == "number" and $v < $s.minimum then "\(at): under \($s.minimum)" else empty end),
	(if $s.pattern and ($v | type) == "string" and ($v | test($s.pattern) | not) then "\(at): not like \($s.pattern)" else empty end),
	(if $s.anyOf and ([$s.anyOf[] as $a | select([$v | broken($a; at)] == [])] == []) then "\(at): none of its forms" else empty end),
	(if ($v | type) == "array" and $s.items then $v | to_entries[] | .key as $k | .value | broken($s.items; "\(at)/\($k)") else empty end),
	(if ($v | type) == "object" then
		(($s.required // [])[] | select(. as $k | $v | has($k) | not) | "\(at)/\(.): missing"),
		($v | to_entries[] | .key as $k | .value
			| if $s.properties and ($s.properties | has($k)) then broken($s.properties[$k]; "\(at)/\($k)")
			elif $s.additionalProperties == false then "\(at)/\($k): not known"
			elif ($s.additionalProperties | type) == "object" then broken($s.additionalProperties; "\(at)/\($k)")
			else empty end)
	else empty end);

broken($schema[0]; "")
