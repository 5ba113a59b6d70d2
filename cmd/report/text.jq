# Text and numbers, and how people read them.

# What came over the network must not steer a terminal: control characters, and
# those that turn the direction of writing.
def clean:
	explode | map(if . < 32 or (. > 126 and . < 160) or (. > 8231 and . < 8239) or (. > 8293 and . < 8298)
		then 63 else . end) | implode;
def text: if type == "string" then . elif . == null then "" else tojson end | clean;
def first_text: [.[] | text | select(. != "")][0] // "";

# The JSON in a line. A job in it is the service's own bytes, and the escape of
# half a surrogate pair, which jq may refuse, becomes U+FFFD.
def from_line:
	. as $line
	| try fromjson catch ($line
		| gsub("(?<ok>\\\\\\\\|\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..)|\\\\u[dD][89a-fA-F].."; .ok // "\\ufffd")
		| fromjson);

# A service may give a number as a string. Null for all else.
def number:
	if type == "number" then .
	elif type == "string" then try tonumber catch null
	else null end
	| if . == null or isnan then null else . end;
def first_number: [.[] | number | values][0];

# With so many digits after the point.
def fixed($digits):
	if fabs >= 1e12 then tostring
	else
		(if . < 0 then "-" else "" end)
		+ (fabs * pow(10; $digits) | round | tostring
			| if length <= $digits then "0" * ($digits + 1 - length) + . else . end
			| .[:length - $digits] + "." + .[length - $digits:])
	end;

def money($currency):
	(if fabs >= 10 then fixed(2) else fixed(4) | if endswith("00") then .[:-2] else . end end) + (if $currency == "" then "" else " " + $currency end);

def two: floor | tostring | if length < 2 then "0" + . else . end;
def duration:
	if . < 59.95 then fixed(1) + " s"
	else
		round
		| if . < 3600 then "\(. / 60 | floor)m \(. % 60 | two)s"
		elif . < 86400 then "\(. / 3600 | floor)h \(. % 3600 / 60 | two)m"
		else "\(. / 86400 | floor)d \(. % 86400 / 3600 | two)h" end
	end;

# RFC 3339 to seconds since 1970, with their fraction; null for all else.
def when:
	if type != "string" then null
	else
		[try (
			capture("^(?<t>[0-9-]{10}T[0-9:]{8})(?<f>\\.[0-9]+)?(?<z>Z|[+-][0-9]{2}:[0-9]{2})$")
			| (.t + "Z" | fromdateiso8601)
			+ (if .f then "0" + .f | tonumber else 0 end)
			- (if .z == "Z" then 0
				else ((.z[1:3] | tonumber) * 60 + (.z[4:] | tonumber)) * (if .z[:1] == "-" then -60 else 60 end) end)
		) catch empty][0]
	end;
