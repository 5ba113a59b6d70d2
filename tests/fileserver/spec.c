#include "fileserver.h"

#include <stdlib.h>
#include <string.h>

const char *
word(const char *spec, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = spec; *p && *p != '/'; p += *p == ',') {
		if (strncmp(p, name, n) == 0 &&
		    (p[n] == '=' || p[n] == ',' || p[n] == '/' || !p[n]))
			return p + n + (p[n] == '=');
		p += strcspn(p, ",/");
	}
	return NULL;
}

long long
number(const char *spec, const char *name, long long otherwise)
{
	const char *v = word(spec, name);
	return v ? strtoll(v, NULL, 10) : otherwise;
}

bool
is(const char *spec, const char *name, const char *value)
{
	const char *v = word(spec, name);
	size_t n = strlen(value);
	return v && strncmp(v, value, n) == 0 && (v[n] == ',' || v[n] == '/' || !v[n]);
}
