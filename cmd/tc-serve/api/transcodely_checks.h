/*
 * Rules of Transcodely's that span several members of a request; those of
 * single members are in transcodely_rules.c. `at` is the path of the message,
 * empty for the request.
 */
#ifndef TC_SERVE_API_TRANSCODELY_CHECKS_H
#define TC_SERVE_API_TRANSCODELY_CHECKS_H

#include "api/protojson.h"

/* Check that the request names one input, and a place for the outputs. */
void check_create(struct span request, const char *at, struct violations *l);

/* Check that a clip does not end before it begins. */
void check_clip(struct span clip, const char *at, struct violations *l);

/* Check that no status is repeated. */
void check_list(struct span request, const char *at, struct violations *l);

/* Check that tags are not both cleared and set. */
void check_update(struct span request, const char *at, struct violations *l);

/* Check that an output's type, codecs and subtitles go together. */
void check_output(struct span spec, const char *at, struct violations *l);

/* Return the format of an output that is made of subtitles alone (vtt, srt, ...); NULL if it has
 * video. */
const char *output_captions(struct span spec);

#endif
