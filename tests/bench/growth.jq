# How the cost of one row grows: a number of items (or in flight) and the
# median milliseconds an item, a line each. $row says which.
def median: sort | .[length / 2 | floor];
def number: ltrimstr("ours-") | if endswith("k") then rtrimstr("k") | tonumber * 1000 else tonumber end;
map(select(.kind == "run" and .row == $row)) | group_by(.who)
| map({x: (.[0].who | number), y: (map(.wall / .n * 1000) | median)}) | sort_by(.x)[] | "\(.x)\t\(.y)"
