/* Checks of the strings in Transcodely's requests. */
#ifndef TC_SERVE_RULEWORD_H
#define TC_SERVE_RULEWORD_H

#include <stdbool.h>

/* The ids of jobs, origins, apps and videos. */
bool word_is_job(const char *text);
bool word_is_origin(const char *text);
bool word_is_app(const char *text);
bool word_is_video(const char *text);

bool word_is_source(const char *text); /* gs, s3, http or https */
bool word_is_web_uri(const char *text);
bool word_is_visibility(const char *text); /* of a video; or empty */
bool word_is_template(const char *text);   /* a path that stays below its directory */
bool word_is_language(const char *text);   /* ISO 639-2, or auto */
bool word_is_fixed(const char *text);      /* the only encoding mode that is supported */
bool word_is_event(const char *text);      /* of webhook_events */

#endif
