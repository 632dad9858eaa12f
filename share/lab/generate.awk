# generate.awk - from the topology to what ip(8) and bird(8) read
#
# awk -v lab=NAME -v dir=DIR -v nsites=N -v nedges=N -f generate.awk topology topology
#
# Writes to DIR:
#	netns		ip -batch: the namespaces
#	links		ip -batch: the links between them
#	nodes		NODE ROLE, one namespace a line (role: router edge site ctl)
#	batch/NODE	ip -batch inside a namespace
#	bird/NODE.conf	bird's configuration
#	knob/SITE	what that site announces; included by its bird
#	sites		NAME NUMBER MGMT UNICAST4 UNICAST6 LAT LON
#	edges		NAME ASN PREFIX4 PREFIX6
#
# Policies are Gao and Rexford's: routes of customers are preferred to those
# of peers, these to those of providers, and only own and customers' routes
# go to peers and providers.

BEGIN {
	SERVICE_AS = 64500
	SERVICE4 = "192.0.2"; SERVICE6 = "2001:db8:a"	# anycast, with knobs
	CONTROL4 = "198.51.100"; CONTROL6 = "2001:db8:b"	# anycast, without
	HOLD = 9
	add_node("ctl", "ctl", 0)
}

{ sub(/#.*/, "") }
FNR == NR { total += $1 == "edge"; next }	# first, count the edges
NF == 0 { next }
$1 == "tier1" {
	add_as($2, "router")
	for (i = 1; i <= ntier1; i++)
		link(tier1[i], $2, "peer", "")
	tier1[++ntier1] = $2
	next
}
$1 == "transit" {
	add_as($2, "router")
	for (i = 3; i <= NF; i++)
		link(upstream($i), $2, "customer", family($i))
	next
}
$1 == "peer" {
	link($2, upstream($3), "peer", family($3))
	next
}
$1 == "edge" {
	seen++
	if (int((seen - 1) * nedges / total) < int(seen * nedges / total))
		edge()
	next
}
$1 == "site" {
	if (sites++ < nsites)
		site()
	next
}
{
	print FILENAME ":" FNR ": not understood: " $0 >"/dev/stderr"
	exit failed = 2
}

END {
	if (failed)
		exit failed
	if (sites < nsites || total < nedges) {
		printf "the topology has %d sites and %d edge networks\n", \
		    sites, total >"/dev/stderr"
		exit 2
	}
	for (i = 1; i <= nnodes; i++)
		write_node(name[i])
	batch("ctl", "addr add 10.255.0.254/24 dev br0")
	print links >(dir "/links")
}

function upstream(s) { sub(/\/.*/, "", s); return s }
function family(s) { return s ~ /\// ? substr(s, index(s, "/") + 1) : "" }
function batch(n, s) { print s >(dir "/batch/" n) }
function conf(n, s) { bird[n] = bird[n] s "\n" }

function add_node(n, r, a) {
	if (n in role) {
		print FILENAME ":" FNR ": twice: " n >"/dev/stderr"
		exit failed = 2
	}
	name[++nnodes] = n
	role[n] = r
	asn[n] = a
	batch(n, "link set lo up")
	print n, r >(dir "/nodes")
	print "netns add " lab "-" n >(dir "/netns")
	if (r == "ctl") {
		links = "link add br0 netns " lab "-ctl type bridge stp_state 0"
		batch(n, "link set br0 up")
	}
}

function add_as(n, r) { add_node(n, r, 64601 + nas++) }

# The j-th edge network (from 0) has a /11 of 240.0.0.0/4, which no router
# outside a lab forwards, and a /35 of 3fff::/20, documentation space: 8192
# blocks of each.  Of every eight blocks of space seven answer, then come
# silent ones and, last, 256 for which the network says "unreachable".
function edge(	i, j, p4, p6) {
	add_as($2, "edge")
	for (i = 3; i <= NF; i++)
		link(upstream($i), $2, "customer", family($i))
	j = edges++
	p4 = (240 + int(j / 8)) "."
	p6 = sprintf("3fff:%x:", 1 + int(j / 8))
	j %= 8
	own[$2, 4] = p4 (j * 32) ".0.0/11"
	own[$2, 6] = p6 (j ? sprintf("%x::/35", j * 8192) : ":/35")
	batch($2, "route add local " own[$2, 4] " dev lo")
	batch($2, "route add local " own[$2, 6] " dev lo")
	batch($2, "route add blackhole " p4 (j * 32 + 28) ".0.0/14 table local")
	batch($2, "route add unreachable " p4 (j * 32 + 31) ".0.0/16 table local")
	batch($2, sprintf("route add blackhole %s%x::/38 table local", \
	    p6, j * 8192 + 7168))
	batch($2, sprintf("route add unreachable %s%x::/40 table local", \
	    p6, j * 8192 + 7936))
	print $2, asn[$2], own[$2, 4], own[$2, 6] >(dir "/edges")
}

# A site has a default route as well, as real ones do: it ends at its
# upstream, which has none.
function site(	mgmt, u4, u6, gw4, gw6) {
	add_node($2, "site", SERVICE_AS)
	gw4 = end_addr(4, 0)
	gw6 = end_addr(6, 0)
	number[$2] = sites
	mgmt = "10.255.0." sites
	u4 = "203.0.113." (4 * sites + 1)
	u6 = sprintf("2001:db8:e:%x::1", sites)
	unicast[$2, 4] = u4
	unicast[$2, 6] = u6
	own[$2, 4] = "203.0.113." (4 * sites) "/30"
	own[$2, 6] = sprintf("2001:db8:e:%x::/64", sites)
	link(upstream($3), $2, "site", family($3))
	links = links "\nlink add m" sites " netns " lab "-ctl type veth" \
	    " peer name mgmt netns " lab "-" $2
	batch("ctl", "link set m" sites " master br0 up")
	batch($2, "link set mgmt up")
	batch($2, "addr add " mgmt "/24 dev mgmt")
	batch($2, "addr add " SERVICE4 ".1/32 dev lo")
	batch($2, "addr add " CONTROL4 ".1/32 dev lo")
	batch($2, "addr add " SERVICE6 "::1/128 dev lo nodad")
	batch($2, "addr add " CONTROL6 "::1/128 dev lo nodad")
	batch($2, "addr add " u4 "/32 dev lo")
	batch($2, "addr add " u6 "/128 dev lo nodad")
	batch($2, "route add default via " gw4 " dev eth0 src " u4)
	batch($2, "route add default via " gw6 " dev eth0 src " u6)
	print $2, sites, mgmt, u4, u6, $4, $5 >(dir "/sites")
	printf "define PREPEND = 0;\ndefine WITHDRAW = false;\n" \
	    >(dir "/knob/" $2)
}

# A link: /31 and /127, static MAC addresses and permanent neighbours, so
# that no ARP or neighbour discovery mixes with the probes.
function link(a, b, kind, fam,	ia, ib, hex, ll) {
	if (!(a in role) || !(b in role)) {
		print FILENAME ":" FNR ": unknown: " $0 >"/dev/stderr"
		exit failed = 2
	}
	ia = b
	ib = kind == "site" ? "eth0" : a
	hex = sprintf("%02x:%02x", int(nlinks / 256), nlinks % 256)
	ll = sprintf("fe80::ff:fe%02x:%02x", int(nlinks / 256), nlinks % 256)
	links = links "\nlink add " ia " netns " lab "-" a \
	    " address 02:00:00:" hex ":0a type veth peer name " ib \
	    " netns " lab "-" b " address 02:00:00:" hex ":0b"
	link_end(a, b, ia, 0, hex ":0b", ll "0b", kind == "peer" ? \
	    "peer" : "customer", fam)
	link_end(b, a, ib, 1, hex ":0a", ll "0a", kind == "customer" ? \
	    "provider" : kind, fam)
	nlinks++
}

# One end of it: n's interface i to peer; rel says what the peer is to n.
function link_end(n, peer, i, side, mac, ll, rel, fam,	v, me, it) {
	batch(n, "link set " i " up")
	for (v = 4; v <= 6; v += 2) {
		me = end_addr(v, side)
		it = end_addr(v, !side)
		batch(n, "addr add " me (v == 4 ? "/31" : "/127 nodad") \
		    " dev " i)
		batch(n, "neigh replace " it " lladdr 02:00:00:" mac \
		    " dev " i " nud permanent")
		if (fam != "" && fam != v)
			continue
		conf(n, "protocol bgp " peer "_" v " from " rel " {")
		conf(n, "\tsource address " me ";")
		conf(n, "\tneighbor " it " as " asn[peer] ";")
		conf(n, "\tipv" v " { import filter from_" rel \
		    (rel == "site" ? v : "") "; export filter to_" rel \
		    (rel == "site" ? v : "") "; };")
		conf(n, "}")
	}
	batch(n, "neigh replace " ll " lladdr 02:00:00:" mac " dev " i \
	    " nud permanent")
}

function end_addr(v, side) {
	if (v == 4)
		return "100.64." int(nlinks / 128) "." (nlinks % 128 * 2 + side)
	return sprintf("2001:db8:f:%x::%d", nlinks + 1, side)
}

function write_node(n,	f, v) {
	if (role[n] == "ctl")
		return
	f = dir "/bird/" n ".conf"
	print "log \"" dir "/bird/" n ".log\" { warning, error, fatal };" >f
	id++
	print "router id 10.254." int(id / 256) "." id % 256 ";" >f
	print "define MYAS = " asn[n] ";" >f
	print "protocol device { scan time 10; }" >f
	write_kernel(n, f)
	for (v = 4; v <= 6; v += 2) {
		print "protocol static { ipv" v ";" >f
		if ((n, v) in own)
			print "\troute " own[n, v] " unreachable;" >f
		if (role[n] == "site") {
			print "\troute " service(v) " unreachable;" >f
			print "\troute " control(v) " unreachable;" >f
		}
		print "}" >f
	}
	if (role[n] == "site")
		write_service(n, f)
	else
		write_policy(f)
	printf "%s", bird[n] >f
	close(f)
	close(dir "/batch/" n)
}

function service(v) { return v == 4 ? SERVICE4 ".0/24" : SERVICE6 "::/48" }
function control(v) { return v == 4 ? CONTROL4 ".0/24" : CONTROL6 "::/48" }

# A site's own packets come from its unicast address unless they say else.
function write_kernel(n, f,	v) {
	for (v = 4; v <= 6; v += 2) {
		print "filter kernel" v " {" >f
		print "\tif source = RTS_STATIC then reject;" >f
		if (role[n] == "site")
			print "\tkrt_prefsrc = " unicast[n, v] ";" >f
		print "\taccept;\n}" >f
		print "protocol kernel { ipv" v \
		    " { import none; export filter kernel" v "; }; }" >f
	}
}

function write_template(f, rel) {
	print "template bgp " rel " {" >f
	print "\tlocal as MYAS;" >f
	print "\tconnect delay time 1;" >f
	print "\tconnect retry time 2;" >f
	print "\terror wait time 1, 4;" >f
	print "\thold time " HOLD ";" >f
	print "\tkeepalive time " int(HOLD / 3) ";" >f
	print "\tdirect;" >f
	if (rel == "site")
		print "\tallow local as 1;" >f
	print "}" >f
}

function write_policy(f) {
	print "filter from_customer { bgp_local_pref = 300; accept; }" >f
	print "filter from_peer { bgp_local_pref = 200; accept; }" >f
	print "filter from_provider { bgp_local_pref = 100; accept; }" >f
	print "filter to_customer { accept; }" >f
	print "filter to_peer {" >f
	print "\tif source = RTS_STATIC || bgp_local_pref >= 300" \
	    " then accept;\n\treject;\n}" >f
	print "filter to_provider {" >f
	print "\tif source = RTS_STATIC || bgp_local_pref >= 300" \
	    " then accept;\n\treject;\n}" >f
	write_template(f, "customer")
	write_template(f, "peer")
	write_template(f, "provider")
}

# A site takes every route but those to the service, which it is itself; it
# marks what it announces, so that any router's table names the site.
function write_service(n, f,	i, nets, v) {
	print "include \"" dir "/knob/" n "\";" >f
	for (v = 4; v <= 6; v += 2) {
		nets = "net = " service(v) " || net = " control(v)
		print "filter from_site" v " {" >f
		print "\tif " nets " then reject;\n\taccept;\n}" >f
		print "filter to_site" v " {" >f
		print "\tif source != RTS_STATIC then reject;" >f
		print "\tif " nets " then" >f
		print "\t\tbgp_community.add((MYAS, " number[n] "));" >f
		print "\tif net = " service(v) " then {" >f
		print "\t\tif WITHDRAW then reject;" >f
		for (i = 0; i < 8; i++)
			print "\t\tif PREPEND > " i \
			    " then bgp_path.prepend(MYAS);" >f
		print "\t}\n\taccept;\n}" >f
	}
	write_template(f, "site")
}
