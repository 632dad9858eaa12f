/* Records as JSON: lines of objects (RFC 8259), and GeoJSON (RFC 7946). */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "export.h"

/* "type":"hop","hex":"01000001",... without braces. */
static void
members(struct export *e, const struct span v[])
{
	str_put(&e->out, "\"type\":", 7);
	escape_json(&e->out, e->type->name, strlen(e->type->name));
	for (size_t i = 0; i < e->ncols; i++) {
		const struct field *f = e->col[i];

		str_put(&e->out, ",\"", 2);
		str_put(&e->out, f->name, strlen(f->name));
		str_put(&e->out, "\":", 2);
		export_value(e, f, &v[f - e->type->fields]);
	}
}

static void
nothing(struct export *e)
{
	(void)e;
}

static void
json_record(struct export *e, const struct span v[])
{
	str_put(&e->out, "{", 1);
	members(e, v);
	str_put(&e->out, "}\n", 2);
}

const struct exportformat export_json = {
	.name = "json",
	.doc = "JSON lines, one object per record",
	.begin = nothing,
	.record = json_record,
	.end = nothing,
};

/* The column that says where: a square of degrees, or an address. */
static const struct field *
place(const struct export *e)
{
	for (size_t i = 0; i < e->ncols; i++)
		if (e->geo == NULL ? strcmp(e->col[i]->name, "bin2") == 0 :
		    e->col[i]->type == F_addr || e->col[i]->type == F_prefix)
			return e->col[i];
	return NULL;
}

static const char *
geo_check(const struct export *e)
{
	if (place(e) != NULL)
		return NULL;
	return e->geo == NULL ? "geojson needs a column bin2, or --geo" :
	    "geojson needs a column with addresses";
}

static void
geo_begin(struct export *e)
{
	str_add(&e->out, "{\"type\":\"FeatureCollection\",\"features\":[");
}

/* "52_-4", a corner, and the square of two degrees north-east of it. */
static void
square(struct export *e, const struct span *v)
{
	char s[32], more;
	int lat, lon;

	memcpy(s, v->s, v->n < sizeof s ? v->n : 0);
	s[v->n < sizeof s ? v->n : 0] = '\0';
	if (sscanf(s, "%d_%d%c", &lat, &lon, &more) != 2 || lat < -90 ||
	    lat > 88 || lon < -180 || lon > 178) {
		str_add(&e->out, "null");
		return;
	}
	str_add(&e->out, "{\"type\":\"Polygon\",\"coordinates\":"
	    "[[[%d,%d],[%d,%d],[%d,%d],[%d,%d],[%d,%d]]]}", lon, lat,
	    lon + 2, lat, lon + 2, lat + 2, lon, lat + 2, lon, lat);
}

static void
point(struct export *e, const struct field *f)
{
	const void *v = (const char *)e->scratch + f->off;
	const struct addr *a = f->type == F_prefix ?
	    &((const struct prefix *)v)->addr : v;
	struct joined at = { .lat = NAN, .lon = NAN };

	if (a->v == 0 || join_find(e->geo, a, false, &at) != 1 ||
	    isnan(at.lat) || isnan(at.lon))
		str_add(&e->out, "null");
	else
		str_add(&e->out, "{\"type\":\"Point\",\"coordinates\":"
		    "[%.9g,%.9g]}", at.lon, at.lat);
}

static void
geo_record(struct export *e, const struct span v[])
{
	const struct field *f = place(e);

	str_add(&e->out, "%s\n{\"type\":\"Feature\",\"geometry\":",
	    e->nrecs > 0 ? "," : "");
	if (e->geo == NULL)
		square(e, &v[f - e->type->fields]);
	else
		point(e, f);
	str_add(&e->out, ",\"properties\":{");
	members(e, v);
	str_put(&e->out, "}}", 2);
}

static void
geo_end(struct export *e)
{
	str_add(&e->out, "\n]}\n");
}

const struct exportformat export_geojson = {
	.name = "geojson",
	.doc = "a GeoJSON collection of squares (bin2) or points (--geo)",
	.check = geo_check,
	.begin = geo_begin,
	.record = geo_record,
	.end = geo_end,
};
