/* How long a service knows an idempotency key. */
#include "base/clock.h"
#include "create.h"

bool
profile_has_keys(const struct profile *p)
{
	return p->key_pointer || p->key_header;
}

bool
create_key_holds(const struct create *c, int64_t since)
{
	const struct profile *p = c->service.profile;
	return profile_has_keys(p) && (!p->key_window || clock_wall() - since < p->key_window);
}
