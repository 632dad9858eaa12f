/* lbgraph: nodes, links and what they are, from traces by hand */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coupon.h"
#include "lbgraph.h"
#include "tap.h"
#include "trace.h"

/*
 * Traces as in trace.h, with / between flows and xN in front for N of them.
 * A node is its ttl, letter, signs, flows, and next nodes: $ destination,
 * ! refused, @ looped, ? lost, ~ loose, % per packet, > nothing after it,
 * # ended, | closed.
 */
static const struct {
	const char	*what, *traces, *graph;
} rows[] = {
	{ "a plain path", "x3 abD", "0S3:a 1a3:b 2b3:D 3D$#3:" },
	{ "a diamond", "x3 abdD/x2 acdD",
	    "0S5:a 1a5:bc 2b3:d 2c2:d 3d5:D 4D$#5:" },
	{ "unequal lengths", "abD/acdD",
	    "0S2:a 1a2:bc 2b1:D 2c1:d 3d1:D 3D$#1: 4D$#1:" },
	{ "a flow not seen at a ttl", "ab D/ acD",
	    "0S2:a 1a1:b 2a1:c 2b1: 3c1:D 4D$#2:" },
	{ "a silent router", "x5 abdD/x5 a.dD",
	    "0S10:a 1a10:b. 2b5:d 2.5:d 3d10:D 4D$#10:" },
	{ "loss", "x30 abdD/x29 acdD/a.dD",
	    "0S60:a 1a60:bc. 2b30:d 2c29:d 2.?1:d 3d60:D 4D$#60:" },
	{ "silence too early to tell", "x10 abdD/a.dD",
	    "0S11:a 1a11:b. 2b10:d 2.1:d 3d11:D 4D$#11:" },
	{ "rare silence that is the only way", "x40 abdD/a.eD",
	    "0S41:a 1a41:b. 2b40:d 2.1:e 3d40:D 3e1:D 4D$#41:" },
	{ "nothing after it", "x2 ab..", "0S2:a 1a2:b 2b2:. 3.>2:. 4.>2:" },
	{ "never anything", "...", "0S1:. 1.>1:. 2.>1:. 3.>1:" },
	{ "silence in between", "a..D", "0S1:a 1a1:. 2.1:. 3.1:D 4D$#1:" },
	{ "refused for one flow", "abcD/ab!", "0S2:a 1a2:b 2b!2:c 3c1:D 4D$#1:" },
	{ "refused for all", "x2 ab!", "0S2:a 1a2:b 2b!#2:" },
	{ "refused, silent now and then", "ab!/a.b!/a..",
	    "0S3:a 1a3:b. 2b!#1: 2.|2:b. 3b!#1: 3.>|1:" },
	{ "refused later", "abb!/ab.", "0S2:a 1a2:b 2b|2:b. 3b!#1: 3.>|1:" },
	{ "refused for one flow, not for one that was silent", "ab!/a.cD",
	    "0S2:a 1a2:b. 2b!#1: 2.1:c 3c1:D 4D$#1:" },
	{ "silent after who refuses", "abb!/ab../ab..",
	    "0S3:a 1a3:b 2b|3:b. 3b!#1: 3.>|2:. 4.>|2:" },
	{ "silent between who refuses and its refusal", "ab.b!/ab..",
	    "0S2:a 1a2:b 2b|2:. 3.|2:b. 4b!#1: 4.>|1:" },
	{ "refused later, but passed", "abb!/abcD",
	    "0S2:a 1a2:b 2b2:bc 3b!#1: 3c1:D 4D$#1:" },
	{ "a loop", "abac", "0S1:a 1a1:b 2b1:a 3a@#1:" },
	{ "beyond the destination", "abDDD/acD..", "0S2:a 1a2:bc 2b1:D 2c1:D 3D$#2:" },
	{ "per packet", "a[bc]dD/abdD",
	    "0S2:a 1a%2:bc 2b~2:d 2c~0: 3d2:D 4D$#2:" },
	{ "per packet, a way that no repeated flow took", "a[bc]eD/adeD",
	    "0S2:a 1a%2:bcd 2b~1:e 2c~0: 2d~1:e 3e2:D 4D$#2:" },
	{ "per packet, then two in a row", "a[bc]dfD/acegD/abegD",
	    "0S3:a 1a%3:bc 2b~2:de 2c~1:e 3d~1:f 3e~2:g 4f~1:D 4g~2:D 5D$#3:" },
	{ "per packet, together again, then a diamond",
	    "a[bc]dfD/acdgD/abdgD",
	    "0S3:a 1a%3:bc 2b~2:d 2c~1:d 3d3:fg 4f1:D 4g2:D 5D$#3:" },
	{ "per packet, of different lengths", "ab[cD]/abcD",
	    "0S2:a 1a2:b 2b%2:cD 3c~2:D 3D$~#0: 4D$#1:" },
	{ "the balancer is not the one where it shows",
	    "a[bc][de]D/abdD/aceD",
	    "0S3:a 1a%3:bc 2b~2:de 2c~1:e 3d~2:D 3e~1:D 4D$#3:" },
	{ "per packet at the source", "[ab]cD/bcD",
	    "0S%2:ab 1a~1:c 1b~1:c 2c2:D 3D$#2:" },
	{ "beside one per packet, a path that is sure",
	    "xs[bc]eD/ytuvD", "0S2:xy 1x1:s 1y1:t 2s%1:bc 2t1:u 3b~1:e 3c~0: "
	    "3u1:v 4e1:D 4v1:D 5D$#2:" },
};

static void
add_all(struct paths *p, const char *s)
{
	char one[64];
	unsigned flow = 0;

	paths_begin(p, &trace_dst);
	for (; *s != '\0'; s += strcspn(s, "/"), s += *s == '/') {
		char *end;
		unsigned n = 1;
		size_t len;

		if (*s == 'x' && s[1] >= '0' && s[1] <= '9') {
			n = (unsigned)strtoul(s + 1, &end, 10);
			s = end + 1;
		}
		len = strcspn(s, "/");
		memcpy(one, s, len);
		one[len] = '\0';
		while (n-- > 0)
			trace_add(p, one, flow++, "ams");
	}
	paths_end(p);
}

static char
letter(const struct lbnode *n)
{
	return n->source ? 'S' : n->star ? '.' :
	    addr_cmp(&n->addr, &trace_dst) == 0 ? 'D' : (char)n->addr.b[3];
}

static void
print(const struct lbgraph *g, char *s)
{
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct lbnode *n = &g->node[i];

		s += sprintf(s, "%s%u%c%s%s%s%s%s%s%s%s%u:", i == 0 ? "" : " ",
		    n->ttl, letter(n), n->dst ? "$" : "", n->refused ? "!" : "",
		    n->looped ? "@" : "", n->lost ? "?" : "",
		    n->loose ? "~" : "", n->perpacket ? "%" : "",
		    n->tail ? ">" : "", n->ended ? "#" : n->closed ? "|" : "",
		    n->nflows);
		for (uint32_t k = n->link; k < n->link + n->nlinks; k++)
			*s++ = letter(&g->node[g->link[k].to]);
		*s = '\0';
	}
}

static void
graphs(void)
{
	struct lbgraph g = { 0 };
	struct paths p = { 0 };
	char got[1024];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		add_all(&p, rows[i].traces);
		lbgraph_build(&g, &p, &p.set[0], 1, 1);
		print(&g, got);
		ok(strcmp(got, rows[i].graph) == 0, "%s: %s", rows[i].what,
		    got);
	}
	lbgraph_free(&g);
	paths_free(&p);
}

/* What is silent, but not asked often enough, is not there. */
static void
pending(void)
{
	struct lbgraph g = { 0 };
	struct paths p = { 0 };
	char got[1024];

	add_all(&p, "a[..]D/a[...]D");
	lbgraph_build(&g, &p, &p.set[0], 1, 3);
	print(&g, got);
	ok(strcmp(got, "0S2:a 1a2:. 2.1:D 3D$#2:") == 0, "%s", got);
	add_all(&p, "ab......");
	lbgraph_build(&g, &p, &p.set[0], 1, 3);
	print(&g, got);
	ok(strcmp(got, "0S1:a 1a1:b 2b1:") == 0, "far beyond the graph: %s",
	    got);
	add_all(&p, "a.D/a.D/a.D/a.D/a.D/a.D");
	lbgraph_build(&g, &p, &p.set[0], 1, 3);
	print(&g, got);
	ok(strcmp(got, "0S6:a 1a6:. 2.6:D 3D$#6:") == 0,
	    "six that are silent where nothing answers: %s", got);
	add_all(&p, "  cD/  cD");
	lbgraph_build(&g, &p, &p.set[0], 3, 1);
	print(&g, got);
	ok(strcmp(got, "2S2:c 3c2:D 4D$#2:") == 0, "from ttl 3: %s", got);
	lbgraph_free(&g);
	paths_free(&p);
}

static void
figures(void)
{
	struct lbgraph g = { 0 };
	struct paths p = { 0 };
	uint32_t i = 0, flow[3] = { 9, 9, 9 };
	double two = coupon_miss(2, 3), three = coupon_miss(3, 3);

	add_all(&p, "abdD/ac[dd]D/abdD");
	lbgraph_build(&g, &p, &p.set[0], 1, 1);
	ok(fabs(g.node[1].confidence - (1 - three)) < 1e-12 &&
	    fabs(g.node[4].confidence - (1 - two)) < 1e-12,
	    "confidence: what the flows rule out");
	ok(g.node[5].confidence == 0, "none where the path ends");
	ok(fabs(lbgraph_confidence(&g) - (1 - two) * (1 - three) *
	    (1 - coupon_miss(2, 2)) * (1 - coupon_miss(2, 1)) * (1 - two)) <
	    1e-12, "of the whole: the product");
	ok(g.node[3].repeats == 2 && g.node[2].repeats == 1, "repeats");
	for (unsigned k = 0; k < 3; k++)
		flow[k] = (uint32_t)lbgraph_nodeflow(&g, &p, &p.set[0], 2, &i);
	ok(flow[0] == 0 && flow[1] == 2 && flow[2] == UINT32_MAX,
	    "flows at a node");
	i = 0;
	ok(lbgraph_linkflow(&g, &p, &p.set[0], &g.link[2], &i) == 1 &&
	    lbgraph_linkflow(&g, &p, &p.set[0], &g.link[2], &i) == -1,
	    "flows of a link");
	ok(g.link[1].nflows == 2 && g.link[2].nflows == 1, "and how many");
	lbgraph_free(&g);
	paths_free(&p);
}

int
main(void)
{
	graphs();
	pending();
	figures();
	return tap_done();
}
