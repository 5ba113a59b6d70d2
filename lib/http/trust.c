#include "http/trust.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/*
 * Return true if libcurl looks up single certificates in a directory: with
 * OpenSSL and its forks. GnuTLS reads all of it.
 */
static bool
looks_up(void)
{
	const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;
	return tls &&
	       (strstr(tls, "OpenSSL") || strstr(tls, "LibreSSL") || strstr(tls, "BoringSSL"));
}

/* Return true if there is a name such as 5ed36f99.0, as c_rehash(1) makes them. */
static bool
hashed(const char *path)
{
	DIR *d = path && *path ? opendir(path) : NULL;
	bool found = false;
	if (!d)
		return false;
	for (struct dirent *e; !found && (e = readdir(d));)
		found = strspn(e->d_name, "0123456789abcdef") == 8 && e->d_name[8] == '.' &&
			e->d_name[9] >= '0' && e->d_name[9] <= '9';
	closedir(d);
	return found;
}

/*
 * Choose between a file and a directory; either may be NULL or empty. libcurl
 * cannot use a directory without hashed names.
 */
static void
choose(struct trust *t, const char *file, const char *dir)
{
	if (looks_up() && hashed(dir)) {
		t->dir = mem_dup_text(dir);
		t->bundle = mem_dup_text(file);
	} else if (!(t->file = mem_dup_text(file))) {
		t->dir = mem_dup_text(dir);
	}
}

/* Use what libcurl was built with. */
static void
from_system(struct trust *t)
{
	CURL *e = curl_easy_init();
	const char *file = NULL, *dir = NULL;
	if (!e)
		return;
	curl_easy_getinfo(e, CURLINFO_CAINFO, &file);
	curl_easy_getinfo(e, CURLINFO_CAPATH, &dir);
	choose(t, file, dir);
	curl_easy_cleanup(e);
}

void
trust_init(struct trust *t, const char *cacert)
{
	*t = (struct trust){.file = mem_dup_text(cacert)};
	if (!t->file)
		t->file = mem_dup_text(getenv("CURL_CA_BUNDLE"));
	if (!t->file)
		choose(t, getenv("SSL_CERT_FILE"), getenv("SSL_CERT_DIR"));
	if (!t->file && !t->dir)
		from_system(t);
}

void
trust_set(const struct trust *t, CURL *easy)
{
	if (t->file || t->dir) { /* else the TLS library has a store of its own */
		curl_easy_setopt(easy, CURLOPT_CAINFO, t->file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, t->dir);
	}
}

bool
trust_widen(struct trust *t)
{
	if (!t->bundle)
		return false;
	free(t->dir);
	t->dir = NULL;
	t->file = t->bundle;
	t->bundle = NULL;
	return true;
}

void
trust_free(struct trust *t)
{
	free(t->file);
	free(t->dir);
	free(t->bundle);
	*t = (struct trust){0};
}
