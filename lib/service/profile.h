/*
 * A service as data, tc-profile(5): its calls, where its responses have each
 * value, and what its status words mean. Read once, from a file or compiled in.
 */
#ifndef TC_SERVICE_PROFILE_H
#define TC_SERVICE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "service/state.h"

struct numbers {
	int *v;
	size_t n;
};

struct status_words {
	int status;
	struct strings words;
};

/* One call: method NULL where the service has none. {id} and the like are filled in by the service
 * layer. */
struct call {
	char *method, *path, *body;
	int form; /* the body goes out as a form, not as JSON */
};

/* An environment variable that the profile names as ${NAME}. */
struct variable {
	char *name, *about, *sample; /* sample: stands in where nothing leaves this machine; about,
					sample may be NULL */
	bool secret;                 /* its value is shown nowhere */
};

/* How a service writes times: RFC 3339, or seconds or milliseconds since 1970. */
enum time_form { TIME_RFC3339, TIME_S, TIME_MS };

enum auth { AUTH_NONE, AUTH_BEARER, AUTH_HEADER, AUTH_BASIC, AUTH_SIGV4 };

struct state_map {
	char *word;
	enum state state;
};

/* The words that a profile lists for an option, so that a mistyped one is refused. */
struct known_values {
	char *option;
	struct strings words;
};

/* Values that a word of an option brings with it: webm needs a codec of its own. */
struct word_companion {
	char *option, *word, *pointer, *value; /* value: JSON */
};

/* How files get to the service. */
enum upload_kind {
	UPLOAD_NONE,
	UPLOAD_PUT,
	UPLOAD_PARTS,
	UPLOAD_RESUMABLE,
	UPLOAD_TUS,
	UPLOAD_FORM
};

struct upload_profile {
	enum upload_kind kind;
	struct call start, send, finish, get, more, abort;

	/* pointers into the replies; each part of parts has a number and, by url, a URL */
	struct strings id, upload, url, expires, source, source_expires, job, status, parts,
		part_number;
	struct strings waiting; /* status words of an upload that was not finished */
	struct strings headers,
		types;       /* "Name: value" of what carries bytes; "extension: MIME type" */
	char *create_method; /* the URL makes a session when asked by this method; NULL: it is one
			      */
	char *part_item;     /* an element of {parts} */
	char *field;         /* of a form: the file's; and "name: value" of the others */
	struct strings fields;
	double max, part_min, part_max, part_size; /* bytes; 0: no bound, the tool's own */
	long part_most;
	int64_t ttl; /* lifetime of URLs that do not tell it; 0: unknown */
};

struct profile {
	char *name, *service, *base_url; /* service: what people call it */
	enum auth auth;
	struct strings key_envs;    /* variables with the key: the first that is set; "A:B" for two
				       that a colon joins */
	char *key_env;              /* the same for messages */
	struct strings key_command; /* prints a key, where neither a file nor a variable has one */
	char *key_default, *key_name, *sigv4; /* key_name: the header's, or the user's for basic */
	struct variable *variables;
	size_t variables_n;
	struct strings headers; /* "Name: value with ${ENV}": left out while ENV is not set */
	int64_t timeout;        /* of one exchange */
	long jobs;              /* requests in flight */

	struct call create, get, list, cancel, confirm, url;
	int64_t get_settle;         /* for this long after its creation get may not find a job */
	struct numbers cancel_gone; /* statuses of get that say that a canceled job is gone */
	int64_t settle;             /* a create this old has made its job, or makes none */

	/* where a response has the job object, and where that has each value */
	struct strings job, id, status, progress, billable, message, code;

	/* where the id is if not in the job object: in the response to a create or its header, in a
	 * list, in an event */
	struct strings create_id, list_id, hook_id;
	char *create_id_header;

	/* list: the jobs, the next page's cursor, and what identifies a job's request: pairs of
	 * request and job pointers */
	struct strings list_items, list_next, list_created;
	struct strings match_request, match_job;
	long list_max;
	int list_time; /* enum time_form, of {since} and list_created */

	/* url: where the outputs are, and the URL and size in each */
	struct strings outputs, output_url, output_size;
	struct strings url_templates; /* templates of addresses; the first whose fills all have
					 values is used */
	struct strings output_status; /* in an output: is it ready? */
	struct state_map *output_states;
	size_t output_states_n;
	bool url_from_get;
	int64_t url_ttl,
		url_settle; /* url_settle: how long outputs that are not ready are waited for */

	struct upload_profile upload;

	/* where a request takes each value; NULL: nowhere */
	char *source_url, *source_path, *format, *quality, *resolution, *metadata, *batch, *output;
	char *defaults; /* the request that everything is merged over, JSON */
	bool urls_only; /* the service does not accept a source without a scheme */
	struct known_values *words;
	size_t words_n;
	struct word_companion *with;
	size_t with_n;

	/* idempotency: a body member (pointer) or a header; both NULL: the service knows no keys */
	char *key_pointer, *key_header;
	long key_max;
	int64_t key_window; /* the service forgets a key after this; 0: never */

	/* errors */
	struct strings error_message, error_code;
	struct strings error_when; /* if it is present, and not empty, false or 0, the call failed,
				      whatever its status */
	struct status_words *throttle_text;
	size_t throttle_text_n;
	char *code_header;
	struct numbers throttle, unauthorized, quota, transient;
	struct strings throttle_codes, queue_codes, unauthorized_codes, quota_codes,
		transient_codes;
	char *delay_header;
	int64_t delay_unit; /* of delay_header; 0: Retry-After's own forms */

	/* webhook: how events are signed (NULL: they are not), and where they have each value */
	char *hook_env, *hook_header, *hook_time, *hook_signature;
	char *hook_prefix, *hook_id_header, *hook_time_header;
	char *hook_signed; /* what is signed: text with {id}, {time}, {body} */
	char *hook_key_prefix;
	bool hook_base64, hook_key_base64; /* the signature is not in hexadecimal; the secret is not
					      the key itself */
	char *hook_token; /* the parameter of our own address that carries the secret; NULL: none */
	struct strings hook_event, hook_type, hook_types, hook_job;

	struct state_map *states;
	size_t states_n;

	/* pace */
	double rate, burst; /* 0: not known */
	int64_t backoff;    /* the first wait before another try, at most */
	int64_t poll_first, poll_cap;
	double poll_factor;
	double progress_of; /* the value of the service's progress at 100 % */

	/* how well the profile is known: the vendor's schema, what it confirms, what the
	 * documentation says, what could not be checked */
	char *schema;
	struct strings confirmed, documented, unchecked;
};

/*
 * Load a profile by name (compiled in, or NAME.json in $XDG_CONFIG_HOME/tc/profiles,
 * which wins) or by file (a name with a '/' in it, or ending in .json). Exit 78
 * with one line that says what is wrong and where. Free with profile_free().
 */
struct profile *profile_load(const char *name);
void profile_free(struct profile *p);

/* What is wrong with a profile, and where. */
struct profile_problem {
	unsigned line;
	char *at, *text; /* at: the member's pointer, "" for the whole */
};

struct profile_problems {
	struct profile_problem *v;
	size_t n;
};

/*
 * Load a profile from its text; messages call it `from`. If bad is not NULL, do
 * not exit, but append all problems to it: if there are any, the profile that is
 * returned must not be used, only freed.
 */
struct profile *profile_parse(const char *from, struct span doc, struct profile_problems *bad);
void profile_problems_free(struct profile_problems *bad);

/*
 * Append the text of a profile, found as profile_load() does, and set *from to
 * what messages call it, which the caller frees. Return false if no profile has
 * that name.
 */
bool profile_text_of(const char *name, struct buf *out, char **from);

/* Call hit for each ${NAME} in text, until it returns false. Return false if it did. */
bool profile_each_variable(const char *text, bool (*hit)(void *ctx, struct span name), void *ctx);

/* Return the variable of that name, or NULL. */
const struct variable *profile_variable(const struct profile *p, struct span name);

/* Append the directory of the user's own profiles. */
void profile_folder(struct buf *out);

/*
 * Return the state that the profile gives for a status, in any letter case. For
 * a status that it does not list, set *known to false and return the end that
 * the word means at nearly every service, else STATE_RUNNING.
 */
enum state profile_state(const struct profile *p, const char *word, bool *known);

/* Do the same for an output, by /url/states. */
enum state profile_output_state(const struct profile *p, const char *word, bool *known);

/* Return the first non-empty string or number that one of the pointers finds in doc, or NULL. The
 * caller frees. */
char *profile_find(const struct strings *pointers, struct span doc);

/* Return true if n is in the list. */
bool numbers_have(const struct numbers *s, int n);

/* Profiles compiled in: name and JSON text, ending in NULL. Made by the Makefile from lib/profiles.
 */
struct builtin_profile {
	const char *name, *text;
};
extern const struct builtin_profile builtin_profiles[];

#endif
