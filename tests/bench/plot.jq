# Ratios with a goal, as multiples of it (1 is met): label, median, least, most.
select(.hard == false and .bound != null and .median != null and .metric != "wall")
| . as $g
| (if .op == ">=" then [.median, .least, .most] | map(. / $g.bound)
   else [.median, .most, .least] | map($g.bound / .) end) as $x
| ["\(.row) \(if .who == "ours" then "" else .who + " " end)\(.metric) / \(.peer)"] + $x
| @tsv
