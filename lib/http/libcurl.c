#include "http/libcurl.h"

#ifndef LIBCURL_LINKED

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/msg.h"

struct libcurl libcurl;

/* Open libcurl by the first name that is there, or end the program. */
static void *
open_any(void)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so",
					    "libcurl.4.dylib"};
	char *why = NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		void *library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
		if (library) {
			free(why);
			return library;
		}
		const char *error = dlerror();
		if (!why)
			why = mem_dup_text(error);
	}
	msg_die(EXIT_BAD_CONFIG, "libcurl cannot be loaded: %s: install libcurl 7.85 or later",
		why ? why : "no reason given");
}

/* Set a pointer to a function; POSIX lets a void * hold one. */
static void
find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);
	if (!symbol)
		msg_die(EXIT_BAD_CONFIG, "libcurl has no %s(): expected libcurl 7.85 or later",
			name);
	memcpy(function, &symbol, sizeof symbol);
}

static void
load(void)
{
	void *library = open_any();
#define X(name) find(library, #name, &(name));
	LIBCURL_FUNCTIONS(X)
#undef X
}

void
libcurl_load(void)
{
	static pthread_once_t loaded = PTHREAD_ONCE_INIT;
	pthread_once(&loaded, load);
}

#endif
