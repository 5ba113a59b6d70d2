/*
 * Text with names in braces that are filled in for each item: commands, keys,
 * request values, file names, the paths and bodies of a profile's calls.
 *
 * TEMPLATE_NAMES:
 *   {name}    a value of the caller's: {id}, {batch}, {cursor}
 *   {+name}   the same, not escaped
 *
 * TEMPLATE_SOURCE:
 *   {input} {basename} {stem} {dir} {ext}   the source and its parts
 *   {index}                                 its number, from 0
 *   {/a/0/b}                                a JSON Pointer (RFC 6901) into the objects
 *
 * TEMPLATE_COMMAND, as GNU parallel has them:
 *   {} {.} {/} {//} {/.}   the line; without its extension; its last component; its directory;
 *                          its last component without extension
 *   {#}                    its number, from 1
 *   {.a.b}                 a member of a JSON line
 *
 * Anything else in braces stays as it is, and so does a name without a value.
 * A pointer or member must be a string, a number, true or false.
 */
#ifndef TC_JSON_TEMPLATE_H
#define TC_JSON_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { TEMPLATE_NAMES = 1, TEMPLATE_SOURCE = 2, TEMPLATE_COMMAND = 4 };

struct template_part;

struct template
{
	struct template_part *parts;
	size_t n, fills; /* of all parts; of those that are filled in */
};

/* Parse text, which must outlive the template. sets: the forms it may have. */
void template_parse(struct template *t, const char *text, unsigned sets);
void template_free(struct template *t);

struct template_value {
	const char *name, *value; /* value NULL: empty */
	bool number; /* the value is JSON, such as a number, and takes the place of "{name}" with
			its quotes */
};

/* The values for one item. All borrowed. */
struct template_args {
	const struct template_value *values; /* these win over the forms below */
	size_t values_n;
	struct span source;
	size_t index;           /* from 0 */
	struct span objects[2]; /* JSON; the first that has the pointer or member counts */
	void (*escape)(struct buf *out,
		       struct span value); /* for every value but {+name}'s; NULL: none */
};

/*
 * Append the text with its values. Return NULL, or why a fill has no value
 * (static), with *fill set to the fill as written; out may then hold part of
 * the text.
 */
const char *template_expand(const struct template *t, const struct template_args *a,
			    struct buf *out, struct span *fill);

/* Parse and expand a template that is used once. */
const char *template_once(const char *text, unsigned sets, const struct template_args *a,
			  struct buf *out, struct span *fill);

/* Return the first {/pointer in a string of JSON that has no } in that string, or an empty span. */
struct span template_unclosed(struct span json);

/*
 * Warn about the first word in braces in the value of an option that is neither
 * a form of the sets nor in names, a list separated by blanks: it is probably
 * mistyped.
 */
void template_check(const char *option, const char *text, unsigned sets, const char *names);

/* Return form i of the sets, such as "{stem}"; NULL after the last. */
const char *template_form(unsigned sets, size_t i);

#endif
