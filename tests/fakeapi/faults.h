/* Responses, and what --fault does to them. */
#ifndef TC_FAKEAPI_FAULTS_H
#define TC_FAKEAPI_FAULTS_H

#include "fakeapi.h"

struct rule;

/* Read an option that begins a rule or belongs to the last one. Return false if it is unknown. */
bool rule_option(const char *name, const char *value);

/* Return the first rule that this request meets, or NULL. */
struct rule *rule_for(const struct conn *c, const struct request *q);

/* Return true if a request that meets the rule is to be carried out all the same. */
bool rule_commits(const struct rule *r);

/* Write the response as the rule spoils it. */
void spoil(struct conn *c, const struct request *q, const struct rule *r, int status,
	   struct buf *body);

/* Write a correct response, except for extra (a header line, or NULL) and the length that it claims
 * ((size_t)-1: none). */
void answer(struct conn *c, const struct request *q, int status, struct span body,
	    const char *extra, size_t length);

/* Return true if the client was asked to wait longer than until now. */
bool still_held(void);

void rules_free(void);

#endif
