/* An input is the protocol buffer of an aggregate: what is read of it is in its bytes. */
#include "aggregate.h"

#include "target.h"

static void inside(Span span, const uint8_t *data, size_t size) {
  const char *start = (const char *)data;
  EXPECT(span.at >= start && span.size <= size && (size_t)(span.at - start) <= size - span.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 18) return 0;
  const uint8_t *message = guarded_copy(0, data, size);
  Aggregate aggregate = {0};
  for (int times = 0; times < 2; times++) { /* its memory is used again */
    int answer = aggregate_read(&aggregate, (Span){(const char *)message, size});
    EXPECT(answer == 0 || answer == 1);
    EXPECT(answer == 1 || aggregate.count > 0);
    for (size_t i = 0; answer == 0 && i < aggregate.count; i++) {
      EXPECT(aggregate.user[i].key.size > 0);
      inside(aggregate.user[i].key, message, size);
      inside(aggregate.user[i].data, message, size);
    }
  }
  aggregate_free(&aggregate);
  uint8_t digest[1][MD5_DIGEST], copies[MD5_LANES][MD5_DIGEST];
  Span all[MD5_LANES];
  for (int i = 0; i < MD5_LANES; i++) all[i] = (Span){(const char *)message, size};
  md5_all(all, 1, digest);
  md5_all(all, MD5_LANES, copies);
  for (int i = 0; i < MD5_LANES; i++) EXPECT(memcmp(digest[0], copies[i], MD5_DIGEST) == 0);
  return 0;
}
