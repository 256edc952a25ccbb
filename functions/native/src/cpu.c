#include "cpu.h"

#if defined(__x86_64__) && !defined(NATIVE_PORTABLE)

#include <cpuid.h>

/* Which registers the system saves when it switches tasks: XCR0. */
static unsigned saved_registers(void) {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int look(void) {
  enum { YMM = 0x06, ZMM = 0xe6 };
  unsigned a, b, c, d, sse41, extended, saved;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  sse41 = c & bit_SSE4_1;
  saved = c & bit_OSXSAVE ? saved_registers() : 0;
  if (!__get_cpuid_count(7, 0, &a, &extended, &c, &d)) return 0;
  const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  int found = 0;
  if ((saved & YMM) == YMM && (extended & bit_AVX2)) found |= CPU_AVX2;
  if ((saved & ZMM) == ZMM && (extended & avx512) == avx512) found |= CPU_AVX512;
  if (sse41 && (extended & bit_SHA)) found |= CPU_SHA;
  return found;
}

#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)

#include <sys/auxv.h>

static int look(void) {
  const unsigned long sha2 = 1ul << 6; /* HWCAP_SHA2 of the kernel's asm/hwcap.h */
  return getauxval(AT_HWCAP) & sha2 ? CPU_SHA : 0;
}

#else

static int look(void) { return 0; }

#endif

static int found; /* written here alone, before anybody can ask */

__attribute__((constructor)) static void look_once(void) { found = look(); }

int cpu_has(int features) { return (found & features) == features; }
