#include "memory.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum {
  LARGEST_KEPT = 32 * 1024 * 1024, /* bytes of a block; glibc's own bound. Lambda's largest event has 6 MiB */
  MOST_KEPT = 64 * 1024 * 1024,    /* bytes at the end of the heap: what a batch of such events needs */
};

void memory_keep(void) {
  mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT);
  mallopt(M_TRIM_THRESHOLD, MOST_KEPT);
}
#else
void memory_keep(void) {}
#endif
