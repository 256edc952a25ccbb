/* What the fuzz targets share. Each has LLVMFuzzerTestOneInput, is run by libFuzzer or by driver.c, and aborts where
 * something is wrong that no sanitizer sees. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Always on, unlike assert. */
#define EXPECT(condition)                                                                                              \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                                         \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* `size` bytes behind which the process may not touch anything: the driver's end at a page that is closed, and
 * AddressSanitizer watches its own. Each slot's bytes are valid until it is asked for again; NULL where it is full. */
uint8_t *guarded(unsigned slot, size_t size);
enum { GUARDED_SLOTS = 4, GUARDED_ROOM = 1 << 22 };

/* A copy of bytes in a slot. */
static inline const uint8_t *guarded_copy(unsigned slot, const void *data, size_t size) {
  uint8_t *at = guarded(slot, size);
  EXPECT(at);
  if (size) memcpy(at, data, size);
  return at;
}

#endif
