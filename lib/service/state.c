#include "service/state.h"

#include <stddef.h>
#include <strings.h>

const char *
state_name(enum state s)
{
	static const char *const words[] = {"pending", "running",  "succeeded", "partial",
					    "failed",  "canceled", "blocked"};
	return words[s];
}

bool
state_ended(enum state s)
{
	return s >= STATE_SUCCEEDED;
}

enum state
state_of_usual_word(const char *word)
{
	static const struct {
		const char *word;
		enum state state;
	} usual[] = {
		{"completed", STATE_SUCCEEDED},  {"complete", STATE_SUCCEEDED},
		{"succeeded", STATE_SUCCEEDED},  {"success", STATE_SUCCEEDED},
		{"successful", STATE_SUCCEEDED}, {"done", STATE_SUCCEEDED},
		{"finished", STATE_SUCCEEDED},   {"failed", STATE_FAILED},
		{"failure", STATE_FAILED},       {"error", STATE_FAILED},
		{"errored", STATE_FAILED},       {"timed_out", STATE_FAILED},
		{"canceled", STATE_CANCELED},    {"cancelled", STATE_CANCELED},
		{"aborted", STATE_CANCELED},
	};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strcasecmp(usual[i].word, word) == 0)
			return usual[i].state;
	return STATE_RUNNING;
}
