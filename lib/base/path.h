/* The parts of a path. All return a part of it, which is borrowed. */
#ifndef TC_BASE_PATH_H
#define TC_BASE_PATH_H

#include "base/buf.h"

/* Return the last component: what follows the last slash, or all of a path without one. */
struct span path_base(struct span path);

/* Return what precedes the last slash; "/" if that is empty, "." if there is no slash. */
struct span path_dir(struct span path);

/* Return the path without its extension, the last dot included. */
struct span path_no_ext(struct span path);

/* Return the extension without its dot, or an empty span. */
struct span path_ext(struct span path);

#endif
