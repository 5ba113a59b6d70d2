/* Routing, after what all calls share: rate limit, key, faults. */
#ifndef TC_SERVE_ROUTE_H
#define TC_SERVE_ROUTE_H

struct call;

/* Respond with an error in the format of the service that the path belongs to. */
void route_refuse(struct call *c, int status, const char *code, const char *domain,
		  const char *message);

/* Refuse a call whose headers are ambiguous about where its body ends. */
void route_unframed(struct call *c);

/* Called with the headers. May respond already (c->status): to an upload that is not allowed. */
void route_begin(struct call *c);

/* Respond to a call that has arrived whole. */
void route(struct call *c);

#endif
