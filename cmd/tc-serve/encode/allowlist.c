#include "encode/allowlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/space.h"
#include "json/json.h"

enum form { NONE, WORD, NUMBER, TIME, SIZE, MAP, FILTERS, TEXT };

static const struct allowed {
	const char *name;
	enum form form;
	bool input; /* allowed for an input too */
} list[] = {
	{"c", WORD, false},
	{"c:v", WORD, false},
	{"c:a", WORD, false},
	{"codec", WORD, false},
	{"codec:v", WORD, false},
	{"codec:a", WORD, false},
	{"vcodec", WORD, false},
	{"acodec", WORD, false},
	{"b", NUMBER, false},
	{"b:v", NUMBER, false},
	{"b:a", NUMBER, false},
	{"ab", NUMBER, false},
	{"maxrate", NUMBER, false},
	{"minrate", NUMBER, false},
	{"bufsize", NUMBER, false},
	{"crf", NUMBER, false},
	{"qp", NUMBER, false},
	{"q:v", NUMBER, false},
	{"q:a", NUMBER, false},
	{"qscale:v", NUMBER, false},
	{"qscale:a", NUMBER, false},
	{"g", NUMBER, false},
	{"bf", NUMBER, false},
	{"keyint_min", NUMBER, false},
	{"sc_threshold", NUMBER, false},
	{"refs", NUMBER, false},
	{"r", NUMBER, true},
	{"ar", NUMBER, false},
	{"ac", NUMBER, false},
	{"aspect", NUMBER, false},
	{"frames:v", NUMBER, false},
	{"vframes", NUMBER, false},
	{"compression_level", NUMBER, false},
	{"deadline", WORD, false},
	{"cpu-used", NUMBER, false},
	{"row-mt", NUMBER, false},
	{"loop", NUMBER, false},
	{"preset", WORD, false},
	{"tune", WORD, false},
	{"profile:v", WORD, false},
	{"profile:a", WORD, false},
	{"level", WORD, false},
	{"pix_fmt", WORD, false},
	{"movflags", WORD, false},
	{"tag:v", WORD, false},
	{"ss", TIME, true},
	{"t", TIME, true},
	{"to", TIME, true},
	{"s", SIZE, false},
	{"map", MAP, false},
	{"an", NONE, true},
	{"vn", NONE, true},
	{"sn", NONE, true},
	{"shortest", NONE, false},
	{"vf", FILTERS, false},
	{"filter:v", FILTERS, false},
	{"af", FILTERS, false},
	{"filter:a", FILTERS, false},
	{"metadata", TEXT, false},
};

/*
 * Filters and options that read nothing but the stream. Newer ffmpegs have
 * options that name files (loudnorm's stats_file), and read "/name=FILE" as
 * "take the value of name from FILE".
 */
static const struct filter {
	const char *name, *options;
} filters[] = {
	{"scale", " w width h height flags interl in_color_matrix out_color_matrix in_range "
		  "out_range force_original_aspect_ratio"
		  " force_divisible_by eval "},
	{"fps", " fps start_time round eof_action "},
	{"crop", " w out_w h out_h x y keep_aspect exact "},
	{"pad", " w width h height x y color eval aspect "},
	{"transpose", " dir passthrough "},
	{"format", " pix_fmts color_spaces color_ranges "},
	{"hflip", " enable "},
	{"vflip", " enable "},
	{"setsar", " sar ratio r max "},
	{"setdar", " dar ratio r max "},
	{"yadif", " mode parity deint enable "},
	{"bwdif", " mode parity deint enable "},
	{"hqdn3d", " luma_spatial chroma_spatial luma_tmp chroma_tmp enable "},
	{"unsharp", " luma_msize_x lx luma_msize_y ly luma_amount la chroma_msize_x cx "
		    "chroma_msize_y cy chroma_amount ca alpha_msize_x"
		    " ax alpha_msize_y ay alpha_amount aa enable "},
	{"eq",
	 " contrast brightness saturation gamma gamma_r gamma_g gamma_b gamma_weight eval enable "},
	{"hue", " h s H b enable "},
	{"fade",
	 " type t start_frame s nb_frames n alpha start_time st duration d color c enable "},
	{"rotate", " angle a out_w ow out_h oh fillcolor c bilinear enable "},
	{"trim",
	 " start starti end endi start_pts end_pts duration durationi start_frame end_frame "},
	{"setpts", " expr "},
	{"null", " "},
	{"volume", " volume precision eval replaygain replaygain_preamp replaygain_noclip enable "},
	{"atempo", " tempo "},
	{"aresample", " sample_rate osr resampler async first_pts min_comp min_hard_comp "
		      "comp_duration max_soft_comp osf out_sample_fmt "},
	{"afade", " type t start_sample ss nb_samples ns start_time st duration d curve c silence "
		  "unity enable "},
	{"loudnorm", " I i LRA lra TP tp measured_I measured_i measured_LRA measured_lra "
		     "measured_TP measured_tp measured_thresh offset"
		     " linear dual_mono print_format "},
	{"aformat", " sample_fmts f sample_rates r channel_layouts cl "},
	{"highpass", " frequency f width_type t width w poles p mix m channels c normalize n "
		     "transform a precision r enable "},
	{"lowpass", " frequency f width_type t width w poles p mix m channels c normalize n "
		    "transform a precision r enable "},
	{"atrim",
	 " start starti end endi start_pts end_pts duration durationi start_sample end_sample "},
	{"asetpts", " expr "},
	{"anull", " "},
	{"split", " outputs "},
	{"asplit", " outputs "},
	{"concat", " n v a unsafe "},
	{"overlay", " x y eof_action eval shortest format repeatlast alpha "},
	{"hstack", " inputs shortest "},
	{"vstack", " inputs shortest "},
	{"xfade", " transition duration offset "},
	{"amix", " inputs duration dropout_transition weights normalize "},
	{"acrossfade", " nb_samples ns duration d overlap o curve1 c1 curve2 c2 "},
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool
only(const char *text, const char *set)
{
	return *text && text[strspn(text, set)] == '\0';
}

/* Return true if word is in a list that has a space before and after each word. */
static bool
in_list(const char *words, struct span word)
{
	for (const char *at = words + 1; *at; at += strcspn(at, " ") + 1)
		if (strcspn(at, " ") == word.n && memcmp(at, word.p, word.n) == 0)
			return true;
	return false;
}

/* Check "1280:h=-2:flags=lanczos": values by position, or by known names. */
static bool
arguments_ok(const struct filter *f, struct span all)
{
	for (const char *p = all.p, *end = all.p + all.n; p <= end; p++) {
		const char *from = p, *equals = NULL;
		for (; p < end && *p != ':'; p++)
			if (*p == '=' && !equals)
				equals = p;
		if (equals && !in_list(f->options, (struct span){from, (size_t)(equals - from)}))
			return false;
		if ((equals ? equals + 1 : from) == p || *(equals ? equals + 1 : from) == '/')
			return false; /* a value is neither empty nor a path */
	}
	return true;
}

/* Without quotes, backslashes, brackets and semicolons there is no way to escape. */
bool
allowlist_filter(const char *chain)
{
	if (!only(chain, LETTERS DIGITS "_:=,.*/+-()|%"))
		return false;
	for (const char *p = chain;;) {
		size_t whole = strcspn(p, ","), n = strcspn(p, "=,"), i = 0;
		while (i < sizeof filters / sizeof *filters &&
		       !span_is((struct span){p, n}, filters[i].name))
			i++;
		if (i == sizeof filters / sizeof *filters)
			return false;
		if (n < whole &&
		    !arguments_ok(&filters[i], (struct span){p + n + 1, whole - n - 1}))
			return false;
		p += whole;
		if (!*p++)
			return true;
	}
}

static bool
form_ok(enum form form, const char *arg)
{
	switch (form) {
	case NONE:
		return !*arg;
	case WORD:
		return only(arg, LETTERS DIGITS "_+.-") && *arg != '-';
	case NUMBER:
		return only(arg, DIGITS ".:/kKmM-");
	case TIME:
		return only(arg, DIGITS ":.");
	case SIZE:
		return only(arg, DIGITS "x");
	case MAP:
		return only(arg, DIGITS ":avs?") && *arg != ':';
	case FILTERS:
		return allowlist_filter(arg);
	case TEXT:
		return strchr(arg, '=') != NULL && *arg != '-' && *arg != '=';
	}
	return false;
}

static const struct allowed *
find(const char *name)
{
	name += *name == '-';
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strcmp(name, list[i].name) == 0)
			return &list[i];
	return NULL;
}

/*
 * Read {"option","argument"} into strings that the caller frees. The argument
 * may be missing or a number.
 */
static bool
take(struct span item, char **name, char **arg)
{
	struct span v;
	*name = json_text_of(item, "option");
	*arg = NULL;
	int there = json_get(item, "argument", &v);
	if (there == 1 && json_type(v) == JSON_NUMBER)
		*arg = mem_dup(span_trim(v));
	else if (there == 1 && json_type(v) == JSON_STRING)
		*arg = json_text(v);
	else if (there == 0 || (there == 1 && json_type(v) == JSON_NULL))
		*arg = mem_dup(span_of(""));
	if (*name && *arg)
		return true;
	free(*name);
	free(*arg);
	return false;
}

static bool
item_ok(struct span item, enum allowlist_side side, struct buf *why)
{
	char *name, *arg;
	if (!take(item, &name, &arg)) {
		buf_str(why,
			"options: each must be an object with option and argument, both strings");
		return false;
	}
	const struct allowed *a = find(name);
	bool known = a && (side == ALLOWLIST_OUTPUT || a->input),
	     ok = known && form_ok(a->form, arg);
	if (!known)
		buf_fmt(why, "options: %s is not accepted here", name);
	else if (!ok)
		buf_fmt(why, "options: %s does not accept \"%s\"", name, arg);
	free(name);
	free(arg);
	return ok;
}

bool
allowlist_check(struct span options, enum allowlist_side side, struct buf *why)
{
	struct span key, item;
	enum json_type type = json_type(options);
	if (type == JSON_NONE || type == JSON_NULL)
		return true;
	if (type != JSON_ARRAY) {
		buf_str(why, "options must be an array");
		return false;
	}
	for (struct json_iter it = json_each(options); json_next(&it, &key, &item);)
		if (!item_ok(item, side, why))
			return false;
	return true;
}

void
allowlist_each(struct span options, void (*add)(void *ctx, const char *word), void *ctx)
{
	struct span key, item;
	char *name, *arg;
	for (struct json_iter it = json_each(options); json_next(&it, &key, &item);) {
		if (!take(item, &name, &arg))
			continue;
		struct buf dashed = {0};
		buf_fmt(&dashed, "-%s", name + (*name == '-'));
		add(ctx, buf_cstr(&dashed));
		const struct allowed *a = find(name);
		if (a && a->form != NONE)
			add(ctx, arg);
		buf_free(&dashed);
		free(name);
		free(arg);
	}
}
