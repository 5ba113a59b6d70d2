/* The text of elements of XML and HTML, for short messages of services: no parser. */
#ifndef TC_BASE_XML_H
#define TC_BASE_XML_H

#include "base/buf.h"

/*
 * Return the text of the first element of this name, in any letter case, up to
 * the next tag; p is NULL if doc has no such element. Its entities stay as they
 * are.
 */
struct span xml_text(struct span doc, const char *name);

#endif
