/* What a response body that nobody has a pointer into says, for a message. */
#ifndef TC_SERVICE_BODY_TEXT_H
#define TC_SERVICE_BODY_TEXT_H

#include "base/buf.h"

/*
 * Append what a body says, at most 200 bytes, as one line: of an HTML page its
 * title, of an XML error its Code and Message, else the beginning of the text.
 * Secrets are hidden.
 */
void body_text(struct buf *out, struct span body);

#endif
