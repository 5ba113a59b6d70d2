/*
 * Relative references. Only this function on URLs needs libcurl; tools that do
 * not link it use the others.
 */
#include <stdlib.h>
#include <strings.h>

#include "http/http.h"
#include "http/libcurl.h"

char *
http_url_join(const char *base, struct span reference)
{
	libcurl_load();
	char *text = mem_dup(reference), *joined = NULL, *out = NULL;
	CURLU *u = curl_url();
	if (u && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &joined, 0) == CURLUE_OK &&
	    (strncasecmp(joined, "http://", 7) == 0 || strncasecmp(joined, "https://", 8) == 0))
		out = mem_dup(span_of(joined));
	curl_free(joined);
	curl_url_cleanup(u);
	free(text);
	return out;
}
