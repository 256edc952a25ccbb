/* Memory that ends at an inaccessible page. */
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

static uint8_t *ends[GUARDED_SLOTS];

static uint8_t *make(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *at = mmap(NULL, GUARDED_ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT(at != MAP_FAILED && mprotect(at + GUARDED_ROOM, page, PROT_NONE) == 0);
  return at + GUARDED_ROOM;
}

uint8_t *guarded(unsigned slot, size_t size) {
  if (!ends[slot]) ends[slot] = make();
  return size <= GUARDED_ROOM ? ends[slot] - size : NULL;
}
