#include "pace.h"

#include <stdbool.h>

#include "clock.h"

/*
 * Aim this much (per thousand) below the rate: the clock may be slewed by
 * half of it, and to be above what was asked is worse than to be below.
 */
#define SHY	1

/* A packet's share of time is UNITS / (rate * (1000 - SHY)) nanoseconds. */
#define UNITS	((uint64_t)NS_PER_S * 1000)

static uint64_t
divisor(const struct pace *p)
{
	return p->rate * (1000 - SHY);
}

static int64_t
span(const struct pace *p, unsigned n)
{
	return (int64_t)(n * UNITS / divisor(p));
}

void
pace_init(struct pace *p, uint64_t rate, unsigned max, int64_t now)
{
	*p = (struct pace){ .max = max };
	p->left = now - NS_PER_S;
	pace_rate(p, rate, now);
}

void
pace_rate(struct pace *p, uint64_t rate, int64_t now)
{
	uint64_t batch = rate * PACE_BATCH_NS / NS_PER_S;

	p->rate = rate;
	p->batch = rate == 0 || batch > p->max ? p->max :
	    batch == 0 ? 1 : (unsigned)batch;
	p->next = now;
	p->rest = 0;
}

int64_t
pace_due(const struct pace *p, unsigned n)
{
	int64_t due, apart;

	if (p->rate == 0)
		return p->left;
	due = p->next + span(p, n - 1);
	apart = p->left + span(p, n) * 10 / 11;
	return due > apart ? due : apart;
}

void
pace_sent(struct pace *p, unsigned n, int64_t before, int64_t after)
{
	bool usual = after - before <= PACE_CALL_NS + n * PACE_PACKET_NS;

	p->left = p->rate == 0 || usual ? before : after;
	if (p->rate == 0)
		return;
	if (!usual && n >= PACE_MANY) {
		int64_t latest = after - span(p, n);

		p->left = latest > before ? latest : before;
	}
	p->rest += n * UNITS;
	p->next += (int64_t)(p->rest / divisor(p));
	p->rest %= divisor(p);
	if (p->next < after - PACE_DEBT_NS)
		p->next = after - PACE_DEBT_NS;
}

void
pace_pause(struct pace *p, int64_t now, int64_t ns)
{
	int64_t until = now + ns;

	if (p->next < until)
		p->next = until;
	if (p->left < until && p->rate == 0)
		p->left = until;
}
