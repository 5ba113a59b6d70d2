/* transcodely.v1.ErrorDetails, as Connect carries it in an error. */
#ifndef SERVE_CONNECTDETAIL_H
#define SERVE_CONNECTDETAIL_H

#include "buf.h"
#include "proto.h"

/* Appends {"type","value","debug"}: value is the message in protobuf's encoding, as base64 without padding. */
void connect_detail(struct buf *out, const char *code, const char *message, const struct violations *l);

#endif
