/* How an item ended, for the counts and the exit status. */
#ifndef TC_FLOW_OUTCOME_H
#define TC_FLOW_OUTCOME_H

enum outcome {
	OUTCOME_OK,
	OUTCOME_FAILED,    /* for good */
	OUTCOME_TEMPORARY, /* trying again later can help */
	OUTCOME_NOT_ATTEMPTED,
};

#endif
