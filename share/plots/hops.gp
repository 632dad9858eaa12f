# hops.gp - draw what hops.awk wrote: every round trip
if (n_rtt == 0) {
	print "hops.gp: no round trips"
	exit status 1
}
set terminal pngcairo size 1000, 600 font "sans,10" noenhanced
set xlabel "hop"
set ylabel "round trip, ms"
set xtics 1 nomirror
set ytics nomirror
set border 3
set grid
set yrange [0:*]
set key outside right top
set xrange [0.5:1.5<*]
plot for [i = 0 : n_rtt - 1] $rtt index i using 1:2 \
    with points pt 7 ps 0.7 lc i + 1 title columnheader(1)
