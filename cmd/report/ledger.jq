# A ledger, tc-ledger(5), as records: an item each, in the order in which they
# were begun. Inside a pool the items are the pool's. What the records of a
# pipeline do not have, and lines() takes from nowhere else: times, which are
# seconds since 1970, so far as the ledger or the service tells them.

def place: [.provider // "", .id] | tojson;

# The lines of one item, as one. An item that ended badly can be begun again, as
# another generation.
def item_of:
	reduce .[] as $e ({};
		. as $old
		| {input, tool, begun, created} + $e
		| .input //= $old.input
		| if .t == "intent" and ($old.t != "intent" or $old.gen != .gen) then .begun = (.at | when) | .created = null
		elif .t == "created" then .created = (.at | when)
		else . end);

# In objects and not one line after the other into an object of all: jq copies
# what it changes, and a ledger can be long.
def by(f): map({(f): .}) | add // {};
def read_ledger:
	[inputs | try from_line catch empty | objects]
	| [.[] | select(.key)] as $of_items
	| [.[] | select(.key | not)] as $of_jobs
	| ([$of_items | to_entries | group_by(.value.key)[] | {at: .[0].key, item: (map(.value) | item_of)}]
		| sort_by(.at) | map(.item)) as $items
	| {
		$items,
		last: (map(.at | strings) | max | when),
		pool: any($items[]; .tool == "tc-pool"),
		made: ($items | map(select(.created)) | by(place)),
		ended: ($of_jobs | map(select(.t == "ended")) | by(place)),
		urls: ($of_jobs | map(select(.t == "done")) | by(place))
	};

# When nothing was sent because the service had said "too many": [from, to], in
# order. What is less than a thousandth of the ledger's time apart is one.
def pauses:
	[inputs | try from_line catch empty | objects | .at |= when | select(.at)]
	| ((map(.at) | max - min) / 1000) as $near
	| [.[] | select(.t == "pause") | [.at, (.until | when)] | select(.[1])]
	| reduce sort[] as $p ([];
		if . != [] and $p[0] - .[-1][1] <= $near then .[-1][1] = ([.[-1][1], $p[1]] | max) else . + [$p] end);

# The service's clock is not ours: its times are moved by what the two differ
# at the job's creation, if that is more than rounding.
def served($job; $created):
	def ours($off): when | if . then . + $off else . end;
	((($job.created_at | when) // $created) as $at | if $at and $created then $created - $at else 0 end)
	| if fabs < 2 then 0 else . end
	| . as $off
	| {started: ($job.started_at | ours($off)), finished: ($job.completed_at | ours($off))};

# When what happened to a job, from the line of its creation on.
def job_times($l):
	.created as $created
	| place as $place
	| $l.ended[$place] as $ended
	| {begun, created, ended: ($ended.at | when), done: ($l.urls[$place].at | when)}
	+ ([$ended.job | objects | served(.; $created)][0] // {});

# A pool's item has the times of the job that its command made, and its own; those by
# how long the item took, if it says.
def pool_times($l):
	(.at | when) as $at
	| (.begun + (.result.seconds | number // 0)) as $until
	| ([.result.value | objects | $l.made[place] | values | job_times($l)][0] // {})
	+ {begun, done: (if $until - $at | fabs <= 1 then $until else $at end)};

def times($l):
	if .t == "intent" then {begun}
	elif .t == "ended" then {begun, ended: (.at | when)}
	elif .t == "done" then pool_times($l)
	else job_times($l) end
	| with_entries(select(.value != null));

def of_job($l):
	place as $place | $l.ended[$place] as $last | $l.urls[$place] as $url
	| {id} + if $last == null then
		{ok: false, open: "GOING ON", status, state: (if .status | IN("pending", "queued") then "pending" else "running" end)}
	else
		{status: $last.status, state: $last.state, job: ($last.job // .job)}
		+ if $last.state == "succeeded" then {ok: true, url: $url.url}
		else {ok: false, error: {code: ("job_" + $last.state), temporary: false,
			message: ("job " + .id + ": " + $last.status
				+ ([$last.job | objects | .error_message | strings | select(. != "") | ": " + .][0] // ""))}}
		end
	end;

def items:
	read_ledger as $l
	| [$l.items[] | select(($l.pool | not) or .tool == "tc-pool")]
	| to_entries[]
	| .key as $n | .value
	| {index: $n, input}
	+ if .t == "intent" then {ok: false, open: "IN DOUBT"}
	elif .t == "done" then .result + {index: $n}
	elif .t == "ended" then {ok: false, error}
	else of_job($l) end
	+ {times: (times($l) + {last: $l.last})};
