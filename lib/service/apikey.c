#include "service/apikey.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/secret.h"
#include "service/variables.h"

/* How long a command that prints a key may take. */
#define COMMAND_TIME (60 * SECOND)

#define NO_SECRET "no key for %s: set %s, or give --key-file FILE"

void
apikey_missing(const struct profile *p)
{
	msg_error(NO_SECRET, p->name, p->key_env);
}

/* "A", or "A:B" with both set. */
static char *
from_variables(const char *names)
{
	struct buf both = {0};
	const char *colon = strchr(names, ':');
	char *first =
		mem_dup((struct span){names, colon ? (size_t)(colon - names) : strlen(names)});
	char *key = secret_load(NULL, first),
	     *second = key && colon ? secret_load(NULL, colon + 1) : NULL;
	if (colon && key && second)
		buf_fmt(&both, "%s:%s", key, second);
	if (colon) {
		free(key);
		key = both.n ? mem_dup(buf_all(&both)) : NULL;
	}
	buf_free(&both);
	free(second);
	free(first);
	return key;
}

char *
apikey_find(const struct profile *p, const char *file)
{
	char *key = file ? secret_load(file, NULL) : NULL;
	for (size_t i = 0; i < p->key_envs.n && !file && !key; i++)
		key = from_variables(p->key_envs.v[i]);
	if (!key && p->key_command.n)
		key = secret_command(p->key_command.v, COMMAND_TIME, true);
	return key || !p->key_default ? key : secret_check(p->key_env, span_of(p->key_default));
}

static void
use(struct service *s, const char *key)
{
	const struct profile *p = s->profile;
	struct buf b = {0};
	variables_hide_key(key);
	if (p->auth == AUTH_BASIC || p->auth == AUTH_SIGV4) {
		/* a key is "user:password", or a user alone with an empty password */
		buf_fmt(&b, "%s%s", key, strchr(key, ':') ? "" : ":");
		http_set_userpwd(s->http, buf_cstr(&b));
	} else {
		buf_fmt(&b, "%s: %s%s", p->auth == AUTH_BEARER ? "Authorization" : p->key_name,
			p->auth == AUTH_BEARER ? "Bearer " : "", key);
		http_set_header(s->http, buf_cstr(&b));
	}
	memset(b.p, 0, b.n);
	buf_free(&b);
	s->secret_age++;
}

void
apikey_start(struct service *s, bool optional)
{
	const struct profile *p = s->profile;
	if (p->auth == AUTH_NONE)
		return;
	s->secret = apikey_find(p, s->options.key_file);
	if (!s->secret && !optional)
		msg_die(EXIT_BAD_CONFIG, NO_SECRET, p->name, p->key_env);
	s->no_secret = !s->secret;
	if (s->secret)
		use(s, s->secret);
}

bool
apikey_renew(struct service *s)
{
	const struct profile *p = s->profile;
	const char *file = s->options.key_file;
	bool set = false;
	for (size_t i = 0; i < p->key_envs.n && !set; i++) {
		char *key = from_variables(p->key_envs.v[i]);
		set = key != NULL;
		free(key);
	}
	char *key = file ? secret_reload(file)
		    : !set && p->key_command.n
			    ? secret_command(p->key_command.v, COMMAND_TIME, false)
			    : NULL;
	if (!key || !s->secret || strcmp(key, s->secret) == 0) {
		free(key);
		return false;
	}
	msg_debug("the key was refused: there is another one, from %s",
		  file ? file : p->key_command.v[0]);
	free(s->secret);
	s->secret = key;
	use(s, key);
	return true;
}

void
apikey_free(struct service *s)
{
	if (s->secret)
		memset(s->secret, 0, strlen(s->secret));
	free(s->secret);
}
