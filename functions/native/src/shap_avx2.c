#include "forest_kernels.h"

#if HAS_AVX2
#include <immintrin.h>
#include <stdint.h>

/* Compilers warn that vectors of 64 bytes are passed otherwise with AVX-512: here they are only passed to what is inlined. */
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#define TARGET __attribute__((target("avx2")))
#define SHAP_KERNEL shap_avx2
#define SHAP_CHOOSE(mask, on, off) choose(mask, on, off)

typedef double Halves __attribute__((vector_size(64)));
typedef int64_t Marks __attribute__((vector_size(64)));

/* One instruction for four lanes, of which compilers make three. */
TARGET static inline __attribute__((always_inline)) Halves choose(Marks mask, Halves on, Halves off) {
  union {
    Halves all;
    Marks marks;
    __m256d half[2];
  } m = {.marks = mask}, a = {.all = on}, b = {.all = off};
  for (int i = 0; i < 2; i++) a.half[i] = _mm256_blendv_pd(b.half[i], a.half[i], m.half[i]);
  return a.all;
}

#include "shap_lanes.h"
#endif
