/*
 * SipHash-2-4 with 128 bits (Aumasson, Bernstein, 2012): for tables in memory
 * whose keys come from outside. Without the secret nobody can find two texts
 * with the same hash. Many times faster than SHA-256; not for anything that is
 * stored.
 */
#ifndef TC_BASE_SIPHASH_H
#define TC_BASE_SIPHASH_H

#include "base/buf.h"

void siphash128(unsigned char hash[16], const unsigned char secret[16], struct span text);

#endif
