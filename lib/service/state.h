/* Our word for a job's status: the same for every service. */
#ifndef TC_SERVICE_STATE_H
#define TC_SERVICE_STATE_H

#include <stdbool.h>

enum state {
	STATE_PENDING,
	STATE_RUNNING,
	STATE_SUCCEEDED,
	STATE_PARTIAL,
	STATE_FAILED,
	STATE_CANCELED,
	STATE_BLOCKED
};

/* Return the word of tc-record(5) for a state. */
const char *state_name(enum state s);

/* Return whether a wait ends in this state. */
bool state_ended(enum state s);

/*
 * Return the state of a status word that no profile lists: that which the word
 * means at nearly every service, in any letter case, else STATE_RUNNING.
 */
enum state state_of_usual_word(const char *word);

#endif
