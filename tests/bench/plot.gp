# gnuplot -e 'items=0|1; flight=0|1' tests/bench/plot.gp, where lib.sh has put goals.tsv, items.tsv, poolitems.tsv, flight.tsv.
set terminal svg size 1000,1300 font "sans,11" background "white"
set output "bench.svg"
set multiplot

set datafile separator "\t"
set title "Times and CPU against others, as multiples of the goal (right of 1: met)"
set origin 0,0.3
set size 1,0.7
set logscale x
set grid x
set yrange [*:*] reverse
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb "#c0392b" lw 1.5
unset key
plot "goals.tsv" using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 0.6 lc rgb "#2c3e50"
unset arrow

# only what was measured: a block is empty when its row was not run
set ytics auto
set yrange [0:*] noreverse
set key top right
set ylabel "ms an item"
set size 0.5,0.3
if (items) {
	set origin 0,0
	set title "Cost as items grow"
	plot "items.tsv" with linespoints pt 7 title "tc-create", \
		"poolitems.tsv" with linespoints pt 5 title "tc-pool"
}
if (flight) {
	set origin 0.5,0
	set title "Cost as more are in flight"
	plot "flight.tsv" with linespoints pt 7 title "tc-create"
}
unset multiplot
