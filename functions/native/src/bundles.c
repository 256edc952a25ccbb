#include "bundles.h"

#include <stdlib.h>

#include "kpl_write.h"
#include "md5.h"

void bundles_free(Bundles *bundles) {
  free(bundles->order);
  free(bundles->bundle);
  text_free(&bundles->data);
}

/* The range of a key: its digest, a number of 128 bits, times the ranges, by 2^128. */
static uint32_t range_of(const uint8_t digest[MD5_DIGEST], size_t ranges) {
  uint64_t high = 0, low = 0;
  for (int i = 0; i < 8; i++) high = high << 8 | digest[i];
  for (int i = 8; i < 16; i++) low = low << 8 | digest[i];
  unsigned __int128 product = (unsigned __int128)high * ranges + (uint64_t)((unsigned __int128)low * ranges >> 64);
  return (uint32_t)(product >> 64);
}

/* The range of each message. */
static int find_ranges(uint32_t *range, const Messages *messages, const uint32_t *numbers, size_t count,
                       size_t ranges) {
  Span *keys = calloc(count + 1, sizeof *keys);
  uint8_t (*digests)[MD5_DIGEST] = calloc(count + 1, sizeof *digests);
  bool fits = keys != NULL && digests != NULL;
  if (fits) {
    for (size_t i = 0; i < count; i++) keys[i] = message_key(messages, numbers[i]);
    md5_all(keys, count, digests);
    for (size_t i = 0; i < count; i++) range[i] = range_of(digests[i], ranges);
  }
  free(keys);
  free(digests);
  return fits ? 0 : -1;
}

static int add_bundle(Bundles *bundles, size_t from, size_t to, size_t range) {
  if (bundles->count == bundles->room) {
    void *block = bundles->bundle;
    if (grow(&block, &bundles->room, bundles->count + 64, sizeof *bundles->bundle) < 0) return -1;
    bundles->bundle = block;
  }
  bundles->bundle[bundles->count++] = (Bundle){.from = from, .to = to, .range = range};
  return 0;
}

/* Cut the messages of one range, from `from` to `to` in the order, into bundles. */
static int cut_range(Bundles *bundles, const Messages *messages, const uint32_t *numbers, const Bundling *how,
                     size_t from, size_t to, size_t range) {
  size_t total = 0;
  for (size_t i = from; i < to; i++) {
    size_t more = message_size(messages, numbers[bundles->order[i]], true);
    if (!size_add(&more, how->overhead)) return -1;
    if (begins_call(i - from, total, more, SIZE_MAX, how->most_bytes)) {
      if (add_bundle(bundles, from, i, range) < 0) return -1;
      from = i;
      total = 0;
    }
    total += more;
  }
  return add_bundle(bundles, from, to, range);
}

/* For each range its place in the order in which they come up, and the end of its messages. */
typedef struct {
  uint32_t *range; /* of each message */
  size_t *end;     /* of each range's messages in the order */
  uint32_t *seen;  /* the ranges, as they come up */
  size_t seen_count;
} Sorting;

static void sort(Bundles *bundles, Sorting *sorting, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (sorting->end[sorting->range[i]]++ == 0) sorting->seen[sorting->seen_count++] = sorting->range[i];
  }
  size_t end = 0;
  for (size_t i = 0; i < sorting->seen_count; i++) end = sorting->end[sorting->seen[i]] += end;
  for (size_t i = count; i-- > 0;) bundles->order[--sorting->end[sorting->range[i]]] = (uint32_t)i;
}

static int cut(Bundles *bundles, Sorting *sorting, const Messages *messages, const uint32_t *numbers, size_t count,
               const Bundling *how) {
  if (find_ranges(sorting->range, messages, numbers, count, how->ranges) < 0) return -1;
  sort(bundles, sorting, count);
  for (size_t i = 0; i < sorting->seen_count; i++) {
    size_t range = sorting->seen[i], from = sorting->end[range];
    size_t to = i + 1 < sorting->seen_count ? sorting->end[sorting->seen[i + 1]] : count;
    if (cut_range(bundles, messages, numbers, how, from, to, range) < 0) return -1;
  }
  return 0;
}

/* Write the aggregates, and then all of their digests. */
static int write(Bundles *bundles, const Messages *messages, const uint32_t *numbers, size_t count,
                 const Bundling *how) {
  KplWriter writer;
  Span *parts = calloc(bundles->count + 1, sizeof *parts);
  uint8_t (*digests)[MD5_DIGEST] = calloc(bundles->count + 1, sizeof *digests);
  int answer = kpl_writer_init(&writer, messages, count);
  if (parts == NULL || digests == NULL) answer = -1;
  for (size_t i = 0; answer == 0 && i < bundles->count; i++) {
    Bundle *bundle = &bundles->bundle[i];
    bundle->at = bundles->data.size;
    answer = kpl_write(&writer, &bundles->data, numbers, bundles->order + bundle->from, bundle->to - bundle->from,
                       how->hash_keys[bundle->range]);
    bundle->size = bundles->data.size - bundle->at;
  }
  for (size_t i = 0; answer == 0 && i < bundles->count; i++) {
    const Bundle *bundle = &bundles->bundle[i];
    parts[i] = (Span){bundles->data.at + bundle->at + KPL_MAGIC, bundle->size - KPL_MAGIC - MD5_DIGEST};
  }
  if (answer == 0) md5_all(parts, bundles->count, digests);
  for (size_t i = 0; answer == 0 && i < bundles->count; i++) {
    const Bundle *bundle = &bundles->bundle[i];
    memcpy(bundles->data.at + bundle->at + bundle->size - MD5_DIGEST, digests[i], MD5_DIGEST);
  }
  kpl_writer_free(&writer);
  free(parts);
  free(digests);
  return answer;
}

int bundles_make(Bundles *bundles, const Messages *messages, const uint32_t *numbers, size_t count,
                 const Bundling *how) {
  Sorting sorting = {calloc(count + 1, sizeof *sorting.range), calloc(how->ranges, sizeof *sorting.end),
                     calloc(how->ranges, sizeof *sorting.seen), 0};
  bundles->order = calloc(count + 1, sizeof *bundles->order);
  bool fits = sorting.range != NULL && sorting.end != NULL && sorting.seen != NULL && bundles->order != NULL;
  int answer = fits ? cut(bundles, &sorting, messages, numbers, count, how) : -1;
  free(sorting.range);
  free(sorting.end);
  free(sorting.seen);
  return answer == 0 ? write(bundles, messages, numbers, count, how) : answer;
}

PutEntry bundle_entry(const Bundles *bundles, size_t i, const Messages *messages, const uint32_t *numbers,
                      const Bundling *how) {
  const Bundle *bundle = &bundles->bundle[i];
  PutEntry entry = message_entry(messages, numbers[bundles->order[bundle->from]]);
  entry.data = (Span){bundles->data.at + bundle->at, bundle->size};
  entry.hash_key = how->hash_keys[bundle->range];
  return entry;
}
