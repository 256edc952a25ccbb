/* A model file: loaded or refused, never more; and what is loaded gives the same bits with every kernel, and finite
 * attributions where it has some. The first four
 * bytes are a seed for the rows; the rest is the file. */
#include "forest.h"

#include "target.h"

enum { ROWS = 67, MOST_COLUMNS = 512, MOST_CLASSES = 64 };

/* Rows of numbers of all sizes, some of them missing. */
static void fill(uint8_t *matrix, size_t count, uint32_t state) {
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    float value = (float)((int32_t)state >> 8) / 4096.0f;
    if ((state >> 29) == 0) value = 0.0f / 0.0f;
    if ((state >> 29) == 1) value = (float)(state >> 8 & 7);
    memcpy(matrix + 4 * i, &value, 4);
  }
}

static void score(const Forest *forest, const uint8_t *matrix, uint8_t *out, size_t size) {
  memset(out, 0xaa, size);
  EXPECT(forest_margins(forest, matrix, ROWS, out) == 0);
}

static void attribute(const Forest *forest, const uint8_t *matrix, uint8_t *out, size_t size) {
  memset(out, 0xaa, size);
  EXPECT(forest_attributions(forest, matrix, ROWS, out) == 0);
}

/* The same bits with another kernel. */
static void compare_attributions(const Forest *forest, const Forest *other, const uint8_t *matrix) {
  size_t size = ROWS * forest_classes(forest) * (forest_columns(forest) + 1) * sizeof(double);
  if (forest_attributions_refusal(forest)[0] || size > 1 << 20) return;
  uint8_t *out = guarded(2, size), *first = malloc(size);
  EXPECT(first);
  attribute(forest, matrix, out, size);
  memcpy(first, out, size);
  attribute(other, matrix, out, size);
  EXPECT(memcmp(first, out, size) == 0);
  for (size_t i = 0; i < size; i += sizeof(double)) {
    double value;
    memcpy(&value, first + i, sizeof value);
    EXPECT(value - value == 0);
  }
  free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4 || size > 1 << 20) return 0;
  const uint8_t *model = guarded_copy(0, data + 4, size - 4);
  char reason[FOREST_REASON_SIZE] = "";
  Forest *forest = forest_load(model, size - 4, data[3] & 3, FOREST_WALK, reason);
  if (!forest) {
    EXPECT(reason[0] && memchr(reason, 0, sizeof reason));
    return 0;
  }
  size_t columns = forest_columns(forest), classes = forest_classes(forest), skeleton;
  EXPECT(forest_skeleton(forest, &skeleton) && skeleton);
  if (columns <= MOST_COLUMNS && classes <= MOST_CLASSES) {
    uint8_t *matrix = guarded(1, ROWS * columns * 4), *out = guarded(2, ROWS * classes * 4), *first;
    uint32_t seed;
    memcpy(&seed, data, 4);
    fill(matrix, ROWS * columns, seed);
    first = malloc(ROWS * classes * 4 + 1);
    EXPECT(first);
    score(forest, matrix, out, ROWS * classes * 4);
    memcpy(first, out, ROWS * classes * 4);
    for (ForestKernel kernel = FOREST_AUTOMATIC; kernel <= FOREST_NEON; kernel++) {
      if (!forest_has_kernel(kernel)) continue;
      Forest *other = forest_load(model, size - 4, data[3] & 3, kernel, reason);
      EXPECT(other);
      score(other, matrix, out, ROWS * classes * 4);
      EXPECT(memcmp(first, out, ROWS * classes * 4) == 0);
      if (kernel == FOREST_AVX2) compare_attributions(forest, other, matrix);
      forest_free(other);
    }
    out = guarded(2, ROWS * classes * 4);
    EXPECT(forest_scores(forest, matrix, ROWS, out) == 0);
    free(first);
  }
  forest_free(forest);
  return 0;
}
