#include "skeleton.h"

enum { LONGEST_COMMON = 512 }; /* bytes of a value that is kept to be compared */

static bool same_slots(const Skeleton *skeleton, const Passed *passed) {
  if (skeleton->count != passed->count) return false;
  for (size_t i = 0; i < passed->count; i++) {
    if (skeleton->steps[i].slot != passed->values[i].slot) return false;
  }
  return true;
}

/* Whether the skeleton's value `i` varies, or is another one than `value`. */
static bool differs(const Skeleton *skeleton, size_t i, Span value) {
  const Step *step = &skeleton->steps[i];
  return step->varies || !span_equal((Span){skeleton->text + step->at, step->size}, value);
}

/* Mark what varies, and put nothing else into the steps yet: the text before is still needed. */
static void compare(Skeleton *skeleton, const Passed *passed) {
  bool same = same_slots(skeleton, passed);
  for (size_t i = 0; i < passed->count; i++) {
    Span value = {passed->values[i].at, passed->values[i].size};
    int slot = passed->values[i].slot;
    bool varies =
        slot == NO_SLOT ? value.size > LONGEST_COMMON || (same && differs(skeleton, i, value)) : slot != CLAIM;
    skeleton->steps[i].slot = slot;
    skeleton->steps[i].varies = varies;
  }
}

/* Append to the text: false where there is no room. */
static bool append(Skeleton *skeleton, const char *at, const char *end) {
  size_t size = (size_t)(end - at);
  if (size > SKELETON_ROOM - skeleton->size) return false;
  memcpy(skeleton->text + skeleton->size, at, size);
  skeleton->size += size;
  return true;
}

static bool write_text(Skeleton *skeleton, const Passed *passed, const char *at, const char *end) {
  skeleton->size = 0;
  for (size_t i = 0; i < passed->count; i++) {
    Step *step = &skeleton->steps[i];
    const char *value = passed->values[i].at, *behind = value + passed->values[i].size;
    if (!append(skeleton, at, value)) return false;
    step->at = skeleton->size;
    step->size = step->varies ? 0 : passed->values[i].size;
    if (!step->varies && !append(skeleton, value, behind)) return false;
    at = behind;
  }
  return append(skeleton, at, end);
}

void skeleton_learn(Skeleton *skeleton, const Passed *passed, const char *at, const char *end) {
  if (passed->count > MOST_VALUES) {
    skeleton->count = 0;
    return;
  }
  compare(skeleton, passed);
  skeleton->count = write_text(skeleton, passed, at, end) ? passed->count : 0;
}
