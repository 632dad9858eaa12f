# paths.awk - from paths to what ip(8), nft(8) and sysctl read, and the truth
#
# awk -v lab=NAME -v dir=DIR -v want="PATH ..." -f paths.awk paths
#
# Writes to DIR what generate.awk does (netns, links, nodes, batch/, sites),
# and
#	batch6/NODE	ip -6 -batch inside a namespace
#	nft/NODE	nft -f inside a namespace
#	cut/NODE	IFACE ROUTER: whose quotes are cut when they arrive there
#	sysctl/NODE	VALUE NAME, one a line
#	targets		PATH TARGET4 TARGET6
#	truth		what the verb prints, of all sites and both families
#
# Links are unnumbered but for those of the sites: a router has one address
# of each family, whose second (third) number is the site it returns to.

BEGIN {
	all[4] = "0.0.0.0/0"
	all[6] = "::/0"
	add_node("ctl", "ctl")
	add_node("core", "router")
	batch("ctl", "link set br0 up")
	batch("ctl", "addr add 10.255.0.254/24 dev br0")
	links = "link add br0 netns " lab "-ctl type bridge stp_state 0"
}

{ sub(/#.*/, "") }
NF == 0 { next }
$1 == "site" && NF == 4 && !npaths { site(); next }
$1 == "path" && NF > 2 && nsites && $2 ~ /^[a-z][a-z0-9]*$/ {
	if (want == "" || index(" " want " ", " " $2 " "))
		path()
	next
}
{ wrong("not understood: " $0) }

END {
	if (failed)
		exit failed
	print links >(dir "/links")
}

function wrong(why) {
	print FILENAME ":" FNR ": " why >"/dev/stderr"
	exit failed = 2
}

function batch(n, s) { print s >(dir "/batch/" n) }
function batch6(n, s) { print s >(dir "/batch6/" n) }
function nft(n, s) { print s >(dir "/nft/" n) }
function sysctl(n, s) { print s >(dir "/sysctl/" n) }

function add_node(n, role) {
	print n, role >(dir "/nodes")
	print "netns add " lab "-" n >(dir "/netns")
	batch(n, "link set lo up")
}

# A router or host with its addresses, which return to site number s.
function add_router(n, role, s) {
	add_node(n, role)
	addr[n, 4] = sprintf("100.%d.%d.%d", 64 + s, int(++count[s] / 250), \
	    count[s] % 250 + 1)
	addr[n, 6] = sprintf("2001:db8:f:%x::%x", s, count[s])
	returns[n] = s
	batch(n, "addr add " addr[n, 4] "/32 dev lo")
	batch(n, "addr add " addr[n, 6] "/128 dev lo nodad")
	# Routers of one kernel would all choose alike.
	sysctl(n, ++nrouters * 7919 " net/ipv4/fib_multipath_hash_seed")
}

# The gateway of a site is reached over a numbered link, the only address it
# has; the core is the same for all sites.
function site(	s, n, gw, u4, u6, l4, l6, v) {
	s = ++nsites
	n = name[s] = $2
	number[n] = s
	if (s == 1) {
		returns["core"] = 1
		addr["core", 4] = "100.65.255.1"
		addr["core", 6] = "2001:db8:f:1::ffff"
		batch("core", "addr add " addr["core", 4] "/32 dev lo")
		batch("core", "addr add " addr["core", 6] "/128 dev lo nodad")
	}
	gw = "gw-" n
	add_node(n, "site")
	add_node(gw, "router")
	returns[gw] = s
	l4 = "100.127." s "."
	l6 = sprintf("2001:db8:f:ff%02x::", s)
	u4 = "203.0.113." (4 * s + 1)
	u6 = sprintf("2001:db8:e:%x::1", s)
	addr[gw, 4] = l4 "1"
	addr[gw, 6] = l6 "1"
	link(n, gw, "eth0", "site")
	batch(n, "addr add " l4 "0/31 dev eth0")
	batch(n, "addr add " l6 "0/127 dev eth0 nodad")
	batch(gw, "addr add " l4 "1/31 dev site")
	batch(gw, "addr add " l6 "1/127 dev site nodad")
	batch(n, "neigh replace " l4 "1 lladdr " mac "0b dev eth0 nud permanent")
	batch(n, "neigh replace " l6 "1 lladdr " mac "0b dev eth0 nud permanent")
	batch(gw, "neigh replace " l4 "0 lladdr " mac "0a dev site nud permanent")
	batch(gw, "neigh replace " l6 "0 lladdr " mac "0a dev site nud permanent")
	for (v = 4; v <= 6; v += 2) {
		any[v] = v == 4 ? "192.0.2.1" : "2001:db8:a::1"
		batch(n, "addr add " host(any[v], v) " dev lo" nodad(v))
		batch(n, "addr add " host(v == 4 ? u4 : u6, v) " dev lo" nodad(v))
		batch(n, "route add default via " addr[gw, v] \
		    " dev eth0 src " (v == 4 ? u4 : u6))
		batch(gw, "route add " host(any[v], v) " via " \
		    (v == 4 ? l4 : l6) "0 dev site")
		batch(gw, "route add " host(v == 4 ? u4 : u6, v) " via " \
		    (v == 4 ? l4 : l6) "0 dev site")
	}
	link("core", gw, "s" s, "core")
	for (v = 4; v <= 6; v += 2) {
		batch(gw, "route add " all[v] " " via(v, "a", "core"))
		batch("core", "route add " host(v == 4 ? u4 : u6, v) " " \
		    via(v, "b", "s" s))
		batch("core", "route add " host(any[v], v) " " \
		    via(v, "b", "s" s) " table " 100 + s)
		if (s == 1)
			batch("core", "route add " host(any[v], v) " " \
			    via(v, "b", "s" s))
	}
	batch("core", "rule add from 100." 64 + s ".0.0/16 lookup " 100 + s)
	batch("core", "rule add from 240." s ".0.0/16 lookup " 100 + s)
	batch6("core", sprintf("rule add from 2001:db8:f:%x::/64 lookup %d", \
	    s, 100 + s))
	batch6("core", sprintf("rule add from 3fff:%x::/32 lookup %d", s, \
	    100 + s))
	links = links "\nlink add m" s " netns " lab "-ctl type veth" \
	    " peer name mgmt netns " lab "-" n
	batch("ctl", "link set m" s " master br0 up")
	batch(n, "link set mgmt up")
	batch(n, "addr add 10.255.0." s "/24 dev mgmt")
	print n, s, "10.255.0." s, u4, u6, $3, $4 >(dir "/sites")
}

function host(a, v) { return a (v == 4 ? "/32" : "/128") }
function nodad(v) { return v == 6 ? " nodad" : "" }

# A gateway named by the end of the link it is at, a or b.
function via(v, end, dev) {
	return "via " (v == 4 ? "inet6 " : "") "fe80::" end " dev " dev
}

# A link from a's interface ia to b's ib; its ends are neighbours for good,
# so that no neighbour discovery mixes with the probes.
function link(a, b, ia, ib) {
	mac = sprintf("02:00:01:%02x:%02x:", int(nlinks / 256), nlinks % 256)
	nlinks++
	links = links "\nlink add " ia " netns " lab "-" a " address " mac \
	    "0a type veth peer name " ib " netns " lab "-" b " address " \
	    mac "0b"
	batch(a, "link set " ia " up")
	batch(b, "link set " ib " up")
	batch(a, "neigh replace fe80::b lladdr " mac "0b dev " ia \
	    " nud permanent")
	batch(b, "neigh replace fe80::a lladdr " mac "0a dev " ib \
	    " nud permanent")
}

# words string: b1-4,c is b1 b2 b3 b4 c, in word[]; return how many
function words(s,	v, i, n, k, m, r) {
	n = split(s, v, ",")
	m = 0
	for (i = 1; i <= n; i++)
		if (match(v[i], /[0-9]+-[0-9]+$/)) {
			split(substr(v[i], RSTART), r, "-")
			for (k = r[1]; k <= r[2]; k++)
				word[++m] = substr(v[i], 1, RSTART - 1) k
		} else
			word[++m] = v[i]
	return m
}

function path(	i, j, k, n, m, side, from, s) {
	p = $2
	npaths++
	npn = 0
	split("", does); split("", known); split("", nnext); split("", first)
	split("", pred); split("", succ); split("", behind); split("", ahead)
	for (i = 3; i <= NF; i++)
		if ($i ~ /=/) {
			split($i, side, "=")
			does[side[1]] = "," side[2] ","
		}
	for (i = 3; i <= NF; i++) {
		if ($i !~ />/)
			continue
		split($i, side, ">")
		n = words(side[1])
		for (j = 1; j <= n; j++)
			from[j] = word[j]
		m = words(side[2])
		for (j = 1; j <= n; j++) {
			know(from[j])
			for (k = 1; k <= m; k++) {
				know(word[k])
				join(from[j], word[k])
			}
		}
	}
	for (i in does)
		if (!(i in known))
			wrong("no such node: " i)
	target()
	for (i = 1; i <= npn; i++)
		routes(order[i])
	for (s = 1; s <= nsites; s++)
		truth(s)
}

# The name of a node's namespace, and the node when it is seen first.
function full(n) { return p "-" (n == "." ? "host" : n) }
function know(n,	s, i) {
	if (n in known)
		return
	if (n !~ /^([a-z][a-z0-9]*|\.)$/)
		wrong("not a node: " n)
	known[n] = ++npn
	order[npn] = n
	s = 1
	for (i = 1; i <= nsites; i++)
		if (has(n, name[i]))
			s = i
	add_router(full(n), n == "." ? "host" : "router", s)
	if (npn == 1)
		join("", n)
}

function has(n, what) { return n in does && index(does[n], "," what ",") }

# value node what: N of what:N, or "" without
function value(n, what,	s) {
	if (!(n in does) || !match(does[n], "," what ":[0-9]+,"))
		return ""
	s = substr(does[n], RSTART, RLENGTH - 1)
	sub(/.*:/, "", s)
	return s
}

# Link two nodes of the path; "" is the core.
function join(a, b,	fa) {
	fa = a == "" ? "core" : full(a)
	dev[a, b] = fa == "core" ? "p" npaths : "to" ++nnext[a]
	if (a == "")
		nnext[a] = 1
	link(fa, full(b), dev[a, b], "from" ++pred[b])
	behind[b, pred[b]] = dev[a, b]
	ahead[b, pred[b]] = fa
	succ[a, nnext[a]] = b
}

# The target's prefixes: a host has them as its own, the core routes them.
function target(	s) {
	s = "." in known ? returns[full(".")] : 1
	pre[4] = "240." s "." npaths ".0/24"
	pre[6] = sprintf("3fff:%x:%x::/48", s, npaths)
	dst[4] = "240." s "." npaths ".1"
	dst[6] = sprintf("3fff:%x:%x::1", s, npaths)
	print p, dst[4], dst[6] >(dir "/targets")
	forward("core", "")
}

# Routes of full name f, node n: to the target by its successors.
function forward(f, n,	v, i, s, how, rule) {
	for (v = 4; v <= 6; v += 2) {
		s = ""
		for (i = 1; i <= nnext[n]; i++) {
			how = via(v, "b", dev[n, succ[n, i]])
			if (has(n, "packet")) {
				rule = "rule add fwmark " i " lookup " 200 + i
				if (v == 4)
					batch(f, rule)
				else
					batch6(f, rule)
				batch(f, "route add " pre[v] " " how \
				    " table " 200 + i)
			}
			s = s (nnext[n] > 1 ? " nexthop " : " ") how
		}
		if (n != "" && has(n, "unreach"))
			s = "unreachable"
		batch(f, (s == "unreachable" ? "route add unreachable " pre[v] : \
		    "route add " pre[v] s))
	}
}

function routes(n,	f, v) {
	f = full(n)
	for (v = 4; v <= 6; v += 2)
		batch(f, "route add " all[v] " " via(v, "a", "from1") " src " \
		    addr[f, v])
	if (n == ".") {
		batch(f, "route add local " pre[4] " dev lo")
		batch(f, "route add local " pre[6] " dev lo")
		batch(f, "addr add " dst[6] "/128 dev lo nodad")
	} else
		forward(f, n)
	if (has(n, "quote8"))
		for (v = 1; v <= pred[n]; v++)
			print behind[n, v], addr[f, 4] \
			    >(dir "/cut/" ahead[n, v])
	if (has(n, "label"))
		sysctl(f, "0 net/ipv6/fib_multipath_hash_policy")
	filters(n, f)
	close(dir "/batch/" f)
	close(dir "/batch6/" f)
	close(dir "/sysctl/" f)
	close(dir "/nft/" f)
}

# The rules of a middlebox are for packets on their way to a target.
function filters(n, f,	err) {
	if (!(n in does))
		return
	err = " { time-exceeded, destination-unreachable }"
	nft(f, "table inet lab {")
	nft(f, "chain said { type filter hook output priority 0;")
	if (has(n, "silent"))
		nft(f, "drop")
	if (value(n, "limit") != "") {
		nft(f, "icmp type time-exceeded jump limited")
		nft(f, "icmpv6 type time-exceeded jump limited")
	}
	nft(f, "}\nchain limited {\nlimit rate " (value(n, "limit") + 0 ? \
	    value(n, "limit") : 1) "/second burst 5 packets accept\ndrop\n}")
	nft(f, "chain passed { type filter hook forward priority mangle;")
	nft(f, "ip daddr " pre[4] " jump box")
	nft(f, "ip6 daddr " pre[6] " jump box")
	if (has(n, "seq")) {	# and back; nothing carries into the upper bit
		nft(f, "ip saddr " pre[4] " tcp ackseq set tcp ackseq ^ 0x40000000")
		nft(f, "ip6 saddr " pre[6] " tcp ackseq set tcp ackseq ^ 0x40000000")
	}
	nft(f, "}\nchain box {")
	box(n, f)
	nft(f, "}")
	if (has(n, "packet"))
		nft(f, "chain before { type filter hook prerouting priority mangle;\n" \
		    "ip daddr " pre[4] " meta mark set numgen inc mod " nnext[n] \
		    " offset 1\nip6 daddr " pre[6] " meta mark set numgen inc mod " \
		    nnext[n] " offset 1\n}")
	if (has(n, "nat"))
		nft(f, "chain nat { type nat hook postrouting priority srcnat;\n" \
		    "ip daddr " pre[4] " snat ip to " addr[f, 4] "\n" \
		    "ip6 daddr " pre[6] " snat ip6 to " addr[f, 6] "\n}")
	nft(f, "}")
}

function box(n, f) {
	if (value(n, "mss") != "")
		nft(f, "tcp flags syn tcp option maxseg size set " value(n, "mss"))
	if (has(n, "nosack"))
		nft(f, "reset tcp option sack-perm")
	if (has(n, "nots"))
		nft(f, "reset tcp option timestamp")
	if (has(n, "nowscale"))
		nft(f, "reset tcp option window")
	if (has(n, "nomptcp"))
		nft(f, "reset tcp option mptcp")
	if (value(n, "window") != "")
		nft(f, "tcp window set " value(n, "window"))
	if (has(n, "seq"))
		nft(f, "tcp sequence set tcp sequence ^ 0x40000000")
	if (value(n, "id") != "")
		nft(f, "ip id set " value(n, "id"))
	if (value(n, "dscp") != "") {
		nft(f, "ip dscp set " value(n, "dscp"))
		nft(f, "ip6 dscp set " value(n, "dscp"))
	}
	if (value(n, "ecn") != "") {
		nft(f, "ip ecn set " value(n, "ecn"))
		nft(f, "ip6 ecn set " value(n, "ecn"))
	}
	if (value(n, "loss") != "")
		nft(f, "numgen random mod 100 < " value(n, "loss") " drop")
}

# What a node is known for in the truth: how it answers or balances.
function manner(n, v,	s) {
	if (n == "")
		return "-"
	s = has(n, "silent") ? ",silent" : ""
	s = s (value(n, "limit") != "" ? ",limit:" value(n, "limit") : "")
	s = s (value(n, "loss") != "" ? ",loss:" value(n, "loss") : "")
	s = s (v == 4 && has(n, "quote8") ? ",quote8" : "")
	s = s (has(n, "unreach") ? ",unreach" : "")
	if (nnext[n] > 1)
		s = s (has(n, "packet") ? ",packet" : has(n, "label") ? \
		    ",label" : ",flow")
	return s == "" ? "-" : substr(s, 2)
}

# FAMILY SENDER PATH TARGET TTL what ...; each node of a layer, the links
# to the next, and what the boxes of a layer change, which the next shows.
function truth(s,	v, t, i, j, k, n, m, f, now, then, seen, line) {
	for (v = 4; v <= 6; v += 2) {
		line = v " " name[s] " " p " " dst[v] " "
		print line 1, "node", addr["gw-" name[s], v], name[s], "-", \
		    "gw-" name[s] >(dir "/truth")
		print line 1, "link", addr["gw-" name[s], v], \
		    addr["core", v] >(dir "/truth")
		print line 2, "node", addr["core", v], name[1], "-", "core" \
		    >(dir "/truth")
		now[1] = ""
		m = 1
		for (t = 3; t <= 30 && m > 0; t++) {
			n = m
			m = 0
			split("", seen)
			split("", then)
			for (i = 1; i <= n; i++) {
				f = now[i] == "" ? "core" : full(now[i])
				for (k = 1; k <= nnext[now[i]]; k++) {
					j = succ[now[i], k]
					print line t - 1, "link", where(now[i], v), \
					    where(j, v) >(dir "/truth")
					if (!(j in seen)) {
						seen[j] = 1
						then[++m] = j
					}
				}
			}
			for (i = 1; i <= m; i++) {
				now[i] = then[i]
				print line t, "node", where(now[i], v), \
				    name[returns[full(now[i])]], manner(now[i], v), \
				    now[i] == "." ? "target" : now[i] \
				    >(dir "/truth")
				changes(line t + 1, now[i], v)
			}
		}
	}
}

# The address node n answers from: the target's own when it is the host.
function where(n, v) {
	return n == "" ? addr["core", v] : n == "." ? dst[v] : addr[full(n), v]
}

# What is different behind node n, in tracebox's words.
function changes(line, n, v,	a) {
	a = line " box " where(n, v) " "
	if (value(n, "mss") != "")
		print a "TCP::Options::MSS", value(n, "mss") >(dir "/truth")
	if (has(n, "nosack"))
		print a "-TCP::Options::SACKPermitted", "-" >(dir "/truth")
	if (has(n, "nots"))
		print a "-TCP::Options::TSOPT", "-" >(dir "/truth")
	if (has(n, "nowscale"))
		print a "-TCP::Options::WSOPT-WScale", "-" >(dir "/truth")
	if (has(n, "nomptcp"))
		print a "-TCP::Options::MPTCP", "-" >(dir "/truth")
	if (value(n, "window") != "")
		print a "TCP::Window", value(n, "window") >(dir "/truth")
	if (has(n, "seq"))
		print a "TCP::SeqNumber", "-" >(dir "/truth")
	if (value(n, "id") != "" && v == 4)
		print a "IP::ID", value(n, "id") >(dir "/truth")
	if (value(n, "dscp") != "")
		print a "IP" (v == 6 ? "v6" : "") "::DiffServicesCP", \
		    value(n, "dscp") >(dir "/truth")
	if (value(n, "ecn") != "")
		print a "IP" (v == 6 ? "v6" : "") "::ECN", value(n, "ecn") \
		    >(dir "/truth")
}
