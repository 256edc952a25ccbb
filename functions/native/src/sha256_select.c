/* Which SHA-256 the processor runs, and those that need instructions of its own. NATIVE_PORTABLE leaves them out. */
#include "cpu.h"
#include "sha256.h"

#if defined(__x86_64__) && !defined(NATIVE_PORTABLE)

#include <immintrin.h>

/* Intel SHA Extensions: the state is kept as ABEF and CDGH, and two rounds take one instruction. */
__attribute__((target("sha,sse4.1"))) static void sha256_ni(uint32_t state[8], const uint8_t *data, size_t blocks) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i low = _mm_loadu_si128((const __m128i *)(const void *)state);
  __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
  __m128i badc = _mm_shuffle_epi32(low, 0xB1), hgfe = _mm_shuffle_epi32(high, 0x1B);
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);

  for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; i++) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), order);
    }
    for (int i = 0; i < 16; i++) {
      __m128i keyed = _mm_add_epi32(w[0], _mm_loadu_si128((const __m128i *)(const void *)(sha256_constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0E));
      __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4));
      __m128i next = _mm_sha256msg2_epu32(sum, w[3]);
      w[0] = w[1];
      w[1] = w[2];
      w[2] = w[3];
      w[3] = next;
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

Sha256 sha256_select(void) { return cpu_has(CPU_SHA) ? sha256_ni : sha256_portable; }

#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)

#include <arm_neon.h>

#ifdef __clang__
#define WITH_SHA256 __attribute__((target("sha2")))
#else
#define WITH_SHA256 __attribute__((target("+crypto")))
#endif

/* The cryptographic extension of ARMv8: four rounds take two instructions. */
WITH_SHA256 static void sha256_armv8(uint32_t state[8], const uint8_t *data, size_t blocks) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t w[4];
    for (int i = 0; i < 4; i++) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
    for (int i = 0; i < 16; i++) {
      uint32x4_t keyed = vaddq_u32(w[0], vld1q_u32(sha256_constants + 4 * i)), abcd_now = abcd;
      abcd = vsha256hq_u32(abcd, efgh, keyed);
      efgh = vsha256h2q_u32(efgh, abcd_now, keyed);
      uint32x4_t next = vsha256su1q_u32(vsha256su0q_u32(w[0], w[1]), w[2], w[3]);
      w[0] = w[1];
      w[1] = w[2];
      w[2] = w[3];
      w[3] = next;
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

Sha256 sha256_select(void) { return cpu_has(CPU_SHA) ? sha256_armv8 : sha256_portable; }

#else

Sha256 sha256_select(void) { return sha256_portable; }

#endif
