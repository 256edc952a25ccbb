/* What this processor has beyond its architecture's baseline. Asked once, when the library is loaded: under a
 * hypervisor the instruction takes microseconds. `__builtin_cpu_supports` is not to be used: with zig cc,
 * whose run-time library never fills its table, every answer is no. */
#ifndef NATIVE_CPU_H
#define NATIVE_CPU_H

enum {
  CPU_AVX2 = 1,   /* x86-64: AVX2, and the system keeps its registers */
  CPU_AVX512 = 2, /* x86-64: AVX-512 F, BW, DQ and VL, and the system keeps its registers */
  CPU_SHA = 4,    /* SHA-256 instructions (x86-64: with SSE4.1) */
};

/* Whether the processor has all of `features`; nothing is had where NATIVE_PORTABLE is defined. */
int cpu_has(int features);

#endif
