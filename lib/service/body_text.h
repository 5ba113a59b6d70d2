/* The text of a response body that the profile has no pointer into, for a message. */
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
