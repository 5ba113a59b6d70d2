/* transcodely.v1.ErrorDetails, as Connect carries it in an error. */
#ifndef TC_SERVE_API_CONNECT_DETAIL_H
#define TC_SERVE_API_CONNECT_DETAIL_H

#include "api/protojson.h"
#include "base/buf.h"

/* Append {"type","value","debug"}; value is the protobuf message in base64 without padding. */
void connect_detail(struct buf *out, const char *code, const char *message,
		    const struct violations *l);

#endif
