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
	int64_t age = clock_wall() - since;
	/* an instant in the future says nothing about the key's age */
	return profile_has_keys(p) && (!p->key_window || (age >= 0 && age < p->key_window));
}

bool
create_key_in_use(const struct create *c, const struct job *j)
{
	return profile_has_keys(c->service.profile) && j->step.may_have_acted;
}

void
create_key_sent(struct job *j)
{
	if (!j->step.may_have_acted)
		j->key_sent_at = clock_now();
}

void
create_key_sent_elsewhere(struct job *j, int64_t since)
{
	int64_t age = clock_wall() - since;
	j->key_sent_at = clock_now() - (age > 0 ? age : 0);
	j->step.may_have_acted = true;
}

int64_t
create_key_since(const struct job *j)
{
	return clock_wall() - (clock_now() - j->key_sent_at);
}
