/* truth - what each probe got, as records; and the counts */

#include "truth.h"

#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_verdict[] = { "ok", "alias", "late", "unreach" };

void
truth_begin(struct world *w)
{
	fputs("#fsdb -F t time:d site:a probe:a src:a dst:a ttl:l flow:l "
	    "attempt:l node:l tx_time:d fate:a verdict:a rx:a from:a kind:a "
	    "icmp:a replies:l sites:a delay_ms:d txt:a\n", w->truth);
}

static void
put_addr(FILE *f, const uint8_t *a, size_t alen)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(alen == 4 ? AF_INET : AF_INET6, a, text, sizeof text);
	fprintf(f, "\t%s", text);
}

/* Percent-escaped, as records(5) wants foreign text. */
static void
put_text(FILE *f, const char *s)
{
	if (*s == '\0')
		fputc('-', f);
	for (; *s != '\0'; s++)
		if (strchr("0123456789._-abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", *s) != NULL)
			fputc(*s, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*s);
}

static int
cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All sites of the mask, sorted by name. */
static void
put_sites(FILE *f, const struct world *w, uint64_t mask)
{
	const char *name[SITES_MAX] = { NULL };
	size_t n = 0;

	for (unsigned i = 0; i < w->nsites; i++)
		if ((mask >> i & 1) != 0)
			name[n++] = w->site[i].name;
	qsort(name, n, sizeof name[0], cmp_names);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : ",", name[i]);
}

static void
put_time(FILE *f, int64_t ns)
{
	fprintf(f, "%" PRId64 ".%09" PRId64, ns / 1000000000, ns % 1000000000);
}

static void
put_outcome(FILE *f, const struct world *w, const struct plan *p)
{
	unsigned replies = 0, r = 0;
	const struct said *said;
	bool multi = (p->sites & (p->sites - 1)) != 0;

	for (unsigned i = 0; i < AS_ROLES; i++)
		replies += p->role[i].n;
	while (r < AS_ROLES && p->role[r].n == 0)
		r++;
	if (r == AS_ROLES) {
		fputs("\tnone\t-\t-\t-\t-\t0\t-\t-\t-\n", f);
		return;
	}
	said = &p->role[r].said;
	fprintf(f, "\t%s\t%s", multi ? "multi" : role_verdict[r],
	    multi ? "-" : w->site[p->role[r].site].name);
	put_addr(f, p->role[r].from, p->alen);
	fprintf(f, "\t%s\t", said->kind);
	if (r == AS_ERROR)
		fprintf(f, "%u/%u", said->icmp[0], said->icmp[1]);
	else
		fputc('-', f);
	fprintf(f, "\t%u\t", replies);
	put_sites(f, w, p->sites != 0 ? p->sites :
	    UINT64_C(1) << p->role[r].site);
	fprintf(f, "\t%.6f\t", (double)(p->role[r].ns - p->rx_ns) / 1e6);
	put_text(f, said->txt);
	fputc('\n', f);
}

void
truth_row(struct world *w, const struct plan *p)
{
	FILE *f = w->truth;

	put_time(f, p->rx_ns);
	fprintf(f, "\t%s\t%s", w->site[p->site].name, ptype_name[p->type]);
	put_addr(f, p->addr, p->alen);
	put_addr(f, p->addr + p->alen, p->alen);
	fprintf(f, "\t%u\t%u\t%u\t", p->ttl, p->flow, p->attempt);
	if (p->node != 0)
		fprintf(f, "%u\t", p->node);
	else
		fputs("-\t", f);
	if (p->tx_ns != 0)
		put_time(f, p->tx_ns);
	else
		fputc('-', f);
	fprintf(f, "\t%s", p->fate);
	put_outcome(f, w, p);
	w->rows++;
}

static void
put_counts(FILE *f, struct world *w)
{
	uint64_t rx = 0, tx = 0, out = 0;

	for (unsigned i = 0; i < w->nsites; i++) {
		rx += ring_rxdrops(w->site[i].ring);
		tx += ring_txdrops(w->site[i].ring);
		out += w->site[i].sent;
	}
	fprintf(f, "# counts: probes=%" PRIu64 " sent=%" PRIu64 " noise=%"
	    PRIu64 " rxdrops=%" PRIu64 " txdrops=%" PRIu64, w->probes, out,
	    w->noise, rx, tx);
	for (size_t i = 0; w->bad[i].what != NULL; i++)
		fprintf(f, " bad.%s=%" PRIu64, w->bad[i].what, w->bad[i].n);
	fputc('\n', f);
	for (unsigned i = 0; i < w->nsites; i++)
		fprintf(f, "# site.%s: received=%" PRIu64 " sent=%" PRIu64 "\n",
		    w->site[i].name, w->site[i].received, w->site[i].sent);
}

void
truth_end(struct world *w)
{
	FILE *f = w->truth != NULL ? w->truth : stderr;
	char name[16];

	put_counts(f, w);
	for (unsigned k = 0; k < KINDS; k++) {
		uint64_t any = w->genuine[k];

		for (unsigned i = 0; i < F_MAX; i++)
			any += w->planted[k][i];
		if (any == 0)
			continue;
		world_kind_name(k, name);
		fprintf(f, "# planted.%s: genuine=%" PRIu64, name,
		    w->genuine[k]);
		for (unsigned i = 0; i < F_MAX; i++)
			if (w->planted[k][i] != 0)
				fprintf(f, " %s=%" PRIu64, faults[i].name,
				    w->planted[k][i]);
		fputc('\n', f);
	}
	if (w->truth == NULL)
		return;
	fprintf(f, "# end: %" PRIu64 "\n", w->rows);
	if (fclose(f) == EOF)
		err(3, "truth file");
}
