/* Requests as forms, application/x-www-form-urlencoded, from their JSON object. */
#ifndef TC_SERVICE_FORM_H
#define TC_SERVICE_FORM_H

#include "base/buf.h"

#define FORM_HEADER "Content-Type: application/x-www-form-urlencoded"

/*
 * Append a field for each member of the object, in its order: strings decoded,
 * other values as their JSON text; null is left out.
 */
void form_encode(struct buf *out, struct span object);

#endif
