/*
 * Whose certificates are trusted. A directory with hashed names is asked for
 * the one certificate that is needed: the first answer over TLS comes in a
 * quarter of the time that reading a bundle of all of them takes. libcurl
 * would read both, and again for each connection: a bundle is kept for all
 * connections only when it comes from a file alone.
 */
#ifndef TC_HTTP_TRUST_H
#define TC_HTTP_TRUST_H

#include <curl/curl.h>
#include <stdbool.h>

/* All owned. */
struct trust {
	char *file, *dir; /* NULL: none */
	char *bundle;     /* for trust_widen(), or NULL */
};

/*
 * cacert is a file, or NULL: CURL_CA_BUNDLE, as curl has it; else SSL_CERT_DIR
 * and SSL_CERT_FILE; else what libcurl was built with. Of a directory and a
 * file it is the directory, with the file to fall back on, if its names are
 * hashed; else the file. Call after curl_global_init().
 */
void trust_init(struct trust *t, const char *cacert);

/* Has the handle trust these and no others. */
void trust_set(const struct trust *t, CURL *easy);

/*
 * For when the directory does not know a peer: from here on the file beside
 * it, which may have been added to. False if there is none, or it was
 * used before.
 */
bool trust_widen(struct trust *t);
void trust_free(struct trust *t);

#endif
