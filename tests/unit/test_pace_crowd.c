/* Many processes at one service, which do not know of each other. */
#include <stdlib.h>

#include "pace.h"

/* Processes that do not know of each other: 2,000 requests of 20 to 60 ms in all, at a
 * service with 100/s:200. */
struct crowd {
	size_t processes, slots;
	bool alone;  /* each takes itself for the only one */
	bool fields; /* the service says RateLimit and RateLimit-Policy */
	struct service service;
	struct member {
		struct pace p;
		size_t left, running;
		int64_t ended;
	} m[16];
	struct flight {
		int64_t began, arrives, answered; /* began 0: none */
		struct member *of;
		bool arrived, taken;
		int64_t remaining, reset;
	} f[16 * 20];
};

static void
crowd_answer(struct crowd *c, struct flight *f, int64_t now)
{
	struct member *m = f->of;
	int64_t others = (int64_t)--m->running;
	f->began = 0;
	if (c->fields && f->taken) {
		pace_set_remaining(&m->p, now, f->arrives,
				   f->remaining > others ? f->remaining - others : 0, f->reset);
		if (m->p.s.rate <= 0)
			pace_hear(&m->p, now, c->service.rate, c->service.burst);
	}
	if (!f->taken) {
		m->left++;
		pace_throttled(&m->p, now, SECOND);
	} else if (pace_news(&m->p, f->arrives)) {
		pace_accepted(&m->p, now);
	}
	m->ended = m->left + m->running ? 0 : now;
}

static void
crowd_start(struct crowd *c, struct member *m, int64_t now)
{
	for (size_t i = 0;
	     i < c->processes * 20 && m->left && m->running < pace_slots(&m->p, c->slots); i++) {
		struct flight *f = &c->f[i];
		if (f->began)
			continue;
		if (pace_next(&m->p, now) > now)
			return;
		pace_start(&m->p, now);
		int64_t takes = 20 * MILLISECOND + (int64_t)(retry_chance() * 40 * MILLISECOND);
		*f = (struct flight){
			.began = now, .arrives = now + takes / 2, .answered = now + takes, .of = m};
		m->left--;
		m->running++;
	}
}

/* Return when the last is done. */
static int64_t
crowd_run(struct crowd *c)
{
	int64_t now = SECOND, last = 0;
	c->service = (struct service){.rate = 100, .burst = 200, .tokens = 200, .seen = now};
	for (size_t i = 0; i < c->processes; i++) {
		struct member *m = &c->m[i];
		*m = (struct member){.left = 2000 / c->processes};
		pace_init(&m->p);
		pace_ramp(&m->p, 4, c->alone ? 1 : 32);
	}
	for (size_t ended = 0; ended < c->processes && now < 300 * SECOND; now += MILLISECOND / 2) {
		for (size_t i = 0; i < c->processes * 20; i++) {
			struct flight *f = &c->f[i];
			if (f->began && !f->arrived && f->arrives <= now) {
				f->arrived = true;
				f->taken = takes(&c->service, now);
				f->remaining = (int64_t)c->service.tokens;
				f->reset = ((int64_t)((c->service.burst - c->service.tokens) /
						      c->service.rate) +
					    1) *
					   SECOND;
			}
			if (f->began && f->answered <= now)
				crowd_answer(c, f, now);
		}
		ended = 0;
		for (size_t i = 0; i < c->processes; i++) {
			crowd_start(c, &c->m[i], now);
			ended += c->m[i].ended != 0;
			last = c->m[i].ended > last ? c->m[i].ended : last;
		}
	}
	return last - SECOND;
}

/* Of five runs the one in the middle, by its time and by what was refused: chance has a part in
 * each. */
static void
crowd_median(const struct crowd *given, double *seconds, unsigned *refused)
{
	static struct crowd c;
	double took[5];
	unsigned times[5];
	for (int i = 0; i < 5; i++) {
		c = *given;
		double t = (double)crowd_run(&c) / (double)SECOND;
		int at = i;
		for (; at > 0 && took[at - 1] > t; at--)
			took[at] = took[at - 1];
		took[at] = t;
		for (at = i; at > 0 && times[at - 1] > c.service.refused; at--)
			times[at] = times[at - 1];
		times[at] = c.service.refused;
		ok(c.alone || c.service.refused <= 200, "%zu processes, not told: %u refused",
		   c.processes, c.service.refused);
	}
	*seconds = took[2];
	*refused = times[2];
}

static void
test_crowd(void)
{
	static struct crowd c;
	double seconds;
	unsigned refused;
	c = (struct crowd){.processes = 1, .slots = 20, .alone = true, .fields = true};
	seconds = (double)crowd_run(&c) / (double)SECOND;
	ok(seconds <= 18 * 1.05 && !c.service.refused,
	   "one process, RateLimit: no wait for a window that slides (%.1f of 18.0 s)", seconds);
	c = (struct crowd){.processes = 1, .slots = 20, .alone = true};
	crowd_median(&c, &seconds, &refused);
	ok(seconds <= 18 * 1.2 && refused <= 80,
	   "one process, not told (%.1f of 18.0 s, %u refused)", seconds, refused);
	for (size_t n = 4; n <= 16; n *= 2) {
		c = (struct crowd){.processes = n, .slots = 20};
		crowd_median(&c, &seconds, &refused);
		ok(seconds <= 18 * 1.4, "%zu processes, not told: %.1f of 18.0 s", n, seconds);
	}
	/* all that is in flight is refused once, and the first bursts after the pause */
	c = (struct crowd){.processes = 16, .slots = 20, .alone = true};
	crowd_median(&c, &seconds, &refused);
	ok(seconds <= 18 * 1.5 && refused <= 16 * 20 + 100,
	   "16 processes, each as if it were alone: %.1f of 18.0 s, %u refused", seconds, refused);
}

int
main(void)
{
	retry_seed(0x9e3779b97f4a7c15);
	test_crowd();
	return done_testing();
}
