# conn.gp - draw what conn.awk wrote; a panel for each series there is
panels = (n_rtt > 0) + (n_loss > 0) + (n_jitter > 0) + (n_bps > 0) + (n_offset > 0)
if (panels == 0) {
	print "conn.gp: no intervals"
	exit status 1
}
set terminal pngcairo size 1200, 60 + 280 * panels font "sans,10" noenhanced
set xdata time
set timefmt "%s"
set format x "%H:%M:%S"
set xtics nomirror
set ytics nomirror
set border 3
set grid
set xrange [t_from : t_to + (t_to == t_from)]
from_zero(top) = top > 0 ? "set yrange [0:*]" : "set yrange [0:1]"
set key outside right top width 1
set lmargin 12
set rmargin 40
set multiplot layout panels, 1
if (n_rtt > 0) {
	eval(from_zero(top_rtt))
	set ylabel "round trip, ms"
	plot for [i = 0 : n_rtt - 1] $rtt index i using 1:2 \
	    with linespoints pt 7 ps 0.4 title columnheader(1)
}
if (n_loss > 0) {
	eval(from_zero(top_loss))
	set ylabel "lost, %"
	plot for [i = 0 : n_loss - 1] $loss index i using 1:2 \
	    with linespoints pt 7 ps 0.4 title columnheader(1)
}
if (n_jitter > 0) {
	eval(from_zero(top_jitter))
	set ylabel "jitter, ms"
	plot for [i = 0 : n_jitter - 1] $jitter index i using 1:2 \
	    with linespoints pt 7 ps 0.4 title columnheader(1)
}
if (n_bps > 0) {
	eval(from_zero(top_bps))
	set ylabel "Mbit/s"
	plot for [i = 0 : n_bps - 1] $bps index i using 1:2 \
	    with linespoints pt 7 ps 0.4 title columnheader(1)
}
if (n_offset > 0) {
	set yrange [*:*]
	if (low_offset == top_offset) {
		set yrange [low_offset - 1 : top_offset + 1]
	}
	set ylabel "clock offset, ms"
	plot for [i = 0 : n_offset - 1] $offset index i using 1:2:3 \
	    with yerrorlines pt 7 ps 0.4 title columnheader(1)
}
unset multiplot
