/* What the fuzz targets share. */
#ifndef TC_FUZZ_H
#define TC_FUZZ_H

#include <stdbool.h>
#include <stdlib.h>

/* End the target, for the fuzzer to report, unless this holds. */
static inline void
must(bool good)
{
	if (!good)
		abort();
}

#endif
