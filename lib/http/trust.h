/*
 * The trust store: which certificates are trusted. In a directory with hashed
 * names only the certificate that is needed is looked up: the first response
 * over TLS comes in a quarter of the time that reading a whole bundle takes.
 * libcurl would read both, again for each connection; a bundle is shared by
 * all connections only if there is a file and no directory.
 */
#ifndef TC_HTTP_TRUST_H
#define TC_HTTP_TRUST_H

#include <stdbool.h>

#include "http/libcurl.h"

/* All owned. */
struct trust {
	char *file, *dir; /* NULL: none */
	char *bundle;     /* for trust_widen(), or NULL */
};

/*
 * Choose the certificates: the file cacert if it is not NULL; else
 * CURL_CA_BUNDLE, as in curl; else SSL_CERT_DIR and SSL_CERT_FILE; else what
 * libcurl was built with. If there are a directory and a file, take the
 * directory if its names are hashed, and keep the file for trust_widen(); else
 * take the file. Call after curl_global_init().
 */
void trust_init(struct trust *t, const char *cacert);

/* Let the handle trust these and no others. */
void trust_set(const struct trust *t, CURL *easy);

/*
 * Replace the directory, which does not know a peer, by the file beside it,
 * from here on. Return false if no file is there or it is in use already.
 */
bool trust_widen(struct trust *t);
void trust_free(struct trust *t);

#endif
