#include "base/digest_cpu.h"

const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>

/* Bits of cpuid: leaf 1 ecx, leaf 7 ebx. */
enum { PCLMUL = 1 << 1, SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };

static __m128i
load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

/*
 * The instructions keep the state as two vectors, words a b e f and c d g h
 * from high to low. Four rounds a step; from the fifth step on the schedule's
 * next four words come from the sixteen before them.
 */
__attribute__((target("sha,sse4.1"))) static void
sha256_by_cpu(uint32_t h[8], const unsigned char *p, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i cdab = _mm_shuffle_epi32(load(h), 0xb1),
		efgh = _mm_shuffle_epi32(load(h + 4), 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	for (; n; n--, p += 64) {
		__m128i was_abef = abef, was_cdgh = cdgh, w[4];
		for (int i = 0; i < 16; i++) {
			__m128i *now = &w[i % 4], *last = &w[(i + 3) % 4];
			if (i < 4)
				*now = _mm_shuffle_epi8(load(p + (size_t)i * 16), swap);
			else
				*now = _mm_sha256msg2_epu32(
					_mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(i + 1) % 4]),
						      _mm_alignr_epi8(*last, w[(i + 2) % 4], 4)),
					*last);
			__m128i wk = _mm_add_epi32(*now, load(sha256_k + (size_t)i * 4));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
		}
		abef = _mm_add_epi32(abef, was_abef);
		cdgh = _mm_add_epi32(cdgh, was_cdgh);
	}
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)h, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/*
 * Moves the remainder x over what lies between it and y: by 2^k for the two
 * halves of x, the powers in `by` (Gopal and others, "Fast CRC Computation for
 * Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009).
 */
__attribute__((target("pclmul,sse4.1"))) static __m128i
fold(__m128i x, __m128i by, __m128i y)
{
	__m128i low = _mm_clmulepi64_si128(x, by, 0x00), high = _mm_clmulepi64_si128(x, by, 0x11);
	return _mm_xor_si128(_mm_xor_si128(low, high), y);
}

__attribute__((target("pclmul,sse4.1"))) static uint32_t
crc32_by_cpu(uint32_t crc, const unsigned char *p, size_t n)
{
	const __m128i by_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4); /* over 64 bytes */
	const __m128i by_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0); /* over 16 */
	const __m128i by_8 = _mm_set_epi64x(0, 0x163cd6124);
	const __m128i reduce = _mm_set_epi64x(0x1f7011641, 0x1db710641);
	const __m128i low32 = _mm_set_epi32(0, -1, 0, -1);
	__m128i x[4];
	for (size_t i = 0; i < 4; i++)
		x[i] = load(p + 16 * i);
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)crc));
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64)
		for (size_t i = 0; i < 4; i++)
			x[i] = fold(x[i], by_64, load(p + 16 * i));
	for (size_t i = 1; i < 4; i++)
		x[0] = fold(x[0], by_16, x[i]);
	for (; n; p += 16, n -= 16)
		x[0] = fold(x[0], by_16, load(p));
	/* from 128 bits to 96, to 64, and by Barrett's reduction to 32 */
	__m128i a = _mm_xor_si128(_mm_srli_si128(x[0], 8), _mm_clmulepi64_si128(x[0], by_16, 0x10));
	a = _mm_xor_si128(_mm_srli_si128(a, 4),
			  _mm_clmulepi64_si128(_mm_and_si128(a, low32), by_8, 0x00));
	__m128i q = _mm_clmulepi64_si128(_mm_and_si128(a, low32), reduce, 0x10);
	q = _mm_clmulepi64_si128(_mm_and_si128(q, low32), reduce, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, q), 1);
}

static bool
has(unsigned leaf1_ecx, unsigned leaf7_ebx)
{
	unsigned a, b, c, d;
	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & leaf1_ecx) != leaf1_ecx)
		return false;
	return !leaf7_ebx || (__get_cpuid_count(7, 0, &a, &b, &c, &d) && b & leaf7_ebx);
}

sha256_blocks *
digest_cpu_sha256(void)
{
	return has(SSSE3 | SSE41, SHA) ? sha256_by_cpu : NULL;
}

crc32_fold *
digest_cpu_crc32(void)
{
	return has(PCLMUL | SSE41, 0) ? crc32_by_cpu : NULL;
}

#else

sha256_blocks *
digest_cpu_sha256(void)
{
	return NULL;
}

crc32_fold *
digest_cpu_crc32(void)
{
	return NULL;
}

#endif
