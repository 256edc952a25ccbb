#include "shap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forest_kernels.h"
#include "shap_tree.h"

/* The categories of which rows go right: bits of `words`, by code; a code from `none` on is in no set. */
typedef struct {
  uint32_t feature, none;
  size_t word;
  bool missing_left;
} ShapSet;

struct Shap {
  ShapSet *sets;
  uint32_t *words;
  size_t set_count, word_count;
  ShapNode *nodes;
  ShapTree *trees;
  float *margins;
  size_t tree_count, features, columns, classes, most_splits, most_points; /* columns: the features, then the sets */
  char refusal[FOREST_REASON_SIZE];
};

/* ---- Taken from the file ---- */

/* The sets of the trees before it are numbered already: a new one gets the next column. */
static ShapNode node_of(Shap *shap, const ForestFile *file, FileNode node) {
  ShapNode made = {node.value, node.cover, node.feature, node.feature, node.left, node.missing_left};
  if (node.left == NO_CHILD || node.set == 0) return made;
  const FileSet *of_file = &file->sets[node.set - 1];
  ShapSet *set = &shap->sets[shap->set_count];
  *set = (ShapSet){.feature = of_file->feature, .word = shap->word_count, .missing_left = of_file->missing_left};
  for (size_t c = of_file->first; c < of_file->first + of_file->count; c++) {
    uint32_t code = file->codes[c];
    if (code >= set->none) set->none = code + 1;
    shap->words[set->word + (code >> 5)] |= 1U << (code & 31);
  }
  shap->word_count += (set->none + 31) / 32;
  made.value = 0.5F;
  made.feature = of_file->feature;
  made.column = (uint32_t)(shap->features + shap->set_count++);
  return made;
}

/* Whether what goes to either side is a share of what came; XGBoost's own sums are rounded. */
static bool has_covers(const ShapNode *nodes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (nodes[i].left == NO_CHILD) continue;
    float cover = nodes[i].cover, most = cover * 1.001F;
    for (int32_t s = 0; s < 2; s++) {
      float side = nodes[nodes[i].left + s].cover;
      if (!(cover > 0 && side >= 0 && side <= most)) return false;
    }
  }
  return true;
}

/* The first sentence counts. */
static void refuse(Shap *shap, size_t tree, const char *reason) {
  if (shap->refusal[0] == 0) snprintf(shap->refusal, sizeof shap->refusal, "tree %zu has %s", tree, reason);
}

/* Of all sets of the file, as many as forest_settle() lets through. */
static size_t words_of_sets(const ForestFile *file) {
  size_t words = 0;
  for (size_t i = 0; i < file->set_count; i++) {
    uint32_t greatest = 0;
    const FileSet *set = &file->sets[i];
    for (size_t c = set->first; c < set->first + set->count; c++) {
      if (file->codes[c] > greatest) greatest = file->codes[c];
    }
    words += greatest / 32 + 1;
  }
  return words;
}

static void take_tree(Shap *shap, const ForestFile *file, size_t number, size_t first) {
  FileTree tree = file->trees[number];
  shap->trees[number] = (ShapTree){first, tree.count, tree.class};
  for (size_t i = 0; i < tree.count; i++) shap->nodes[first + i] = node_of(shap, file, file->nodes[tree.first + i]);
  if (!has_covers(shap->nodes + first, tree.count))
    refuse(shap, number, "no sound sum_hessian, the weight of its rows");
  if (tree.count / 2 > shap->most_splits) shap->most_splits = tree.count / 2;
  size_t features = tree.depth < shap->features ? tree.depth : shap->features;
  if ((features + 1) / 2 > shap->most_points) shap->most_points = (features + 1) / 2;
}

Shap *shap_of(const ForestFile *file) {
  Shap *shap = calloc(1, sizeof *shap);
  if (shap == NULL) return NULL;
  size_t count = 0;
  for (size_t t = 0; t < file->scored; t++) count += file->trees[t].count;
  shap->features = file->columns;
  shap->classes = file->classes;
  shap->tree_count = file->scored;
  shap->nodes = malloc((count + 1) * sizeof *shap->nodes); /* as many as the file has, or fewer */
  shap->trees = malloc((shap->tree_count + 1) * sizeof *shap->trees);
  shap->margins = malloc(shap->classes * sizeof *shap->margins);
  shap->sets = malloc((file->set_count + 1) * sizeof *shap->sets);
  shap->words = calloc(words_of_sets(file) + 1, sizeof *shap->words);
  if (shap->nodes == NULL || shap->trees == NULL || shap->margins == NULL || shap->sets == NULL ||
      shap->words == NULL) {
    shap_free(shap);
    return NULL;
  }
  memcpy(shap->margins, file->margins, shap->classes * sizeof *shap->margins);
  size_t first = 0;
  for (size_t t = 0; t < file->scored; first += file->trees[t++].count) take_tree(shap, file, t, first);
  shap->columns = shap->features + shap->set_count;
  return shap;
}

void shap_free(Shap *shap) {
  if (shap == NULL) return;
  free(shap->sets);
  free(shap->words);
  free(shap->nodes);
  free(shap->trees);
  free(shap->margins);
  free(shap);
}

const char *shap_refusal(const Shap *shap) { return shap->refusal; }

/* ---- Calls ---- */

static ShapKernel *kernel_of(ForestKernel kernel) {
#if HAS_AVX2
  if (kernel == FOREST_AVX2) return shap_avx2;
#endif
  (void)kernel;
  return shap_portable;
}

/* What one call needs: bounded, whatever the number of rows. */
typedef struct {
  ShapPass pass;
  ShapKernel *kernel;
  double *abscissas, *weights, *expected;
  size_t points; /* of the quadrature that these are */
  float *columns;
  double *values;
  void *scratch;
  size_t blocks; /* that are explained with each reading of the trees */
} Call;

/* Aligned to the vectors; NULL where there is no memory, or size_t cannot hold the size. */
static void *room(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, 64, &bytes)) return NULL;
  return aligned_alloc(64, bytes & ~(size_t)63);
}

static size_t pass_points(size_t splits, size_t points) {
  size_t most = splits > SHAP_GROUPED_SPLITS ? 1 : SHAP_POINTS;
  return points < most ? points : most;
}

static bool call_begin(const Shap *shap, ForestKernel kernel, size_t rows, Call *call) {
  enum { CHUNK = 4 << 20 }; /* bytes of values and columns, or one block where that is more */
  size_t width, splits = shap->most_splits, points = SHAP_POINTS;
  memset(call, 0, sizeof *call);
  call->kernel = kernel_of(kernel);
  if (__builtin_mul_overflow(shap->features, shap->classes, &width) || width > SIZE_MAX / 1024) return false;
  size_t bytes = SHAP_LANES * (width * sizeof(double) + shap->columns * sizeof(float));
  size_t most = CHUNK / bytes, needed = (rows + SHAP_LANES - 1) / SHAP_LANES;
  call->blocks = most < 1 ? 1 : most < needed ? most : needed;
  if (splits > SHAP_GROUPED_SPLITS) {
    /* Smaller trees of the forest still have their points together. */
    size_t grouped = SHAP_GROUPED_SPLITS * (SHAP_POINTS + 2);
    points = 1;
    splits = splits > grouped ? splits : grouped;
  }
  call->pass.splits = room(shap->most_splits + 1, sizeof(ShapSplit));
  call->pass.factors = room((splits + 1) * points, sizeof(ShapFactors));
  call->scratch = room(1, shap_scratch_size(splits + 1, points));
  call->abscissas = room(shap->most_points + 1, sizeof(double));
  call->weights = room(shap->most_points + 1, sizeof(double));
  call->expected = room(shap->classes, sizeof(double));
  call->columns = room(call->blocks * shap->columns, SHAP_LANES * sizeof(float));
  call->values = room(call->blocks * width, SHAP_LANES * sizeof(double));
  return call->pass.splits && call->pass.factors && call->scratch && call->abscissas && call->weights &&
         call->expected && call->columns && call->values;
}

static void call_end(Call *call) {
  free(call->pass.splits);
  free(call->pass.factors);
  free(call->scratch);
  free(call->abscissas);
  free(call->weights);
  free(call->expected);
  free(call->columns);
  free(call->values);
}

/* As XGBoost: whatever is negative, or beyond all categories, is in no set, and goes left. */
static bool goes_right(const Shap *shap, const ShapSet *set, float value) {
  if (value != value) return !set->missing_left;
  if (!(value >= 0 && value < (float)set->none)) return false;
  uint32_t code = (uint32_t)value;
  return shap->words[set->word + (code >> 5)] >> (code & 31) & 1;
}

/* Rows become lanes; those that are not there are copies of the first. */
static void load_rows(const Shap *shap, const uint8_t *matrix, size_t rows, Call *call) {
  for (size_t i = 0; i < (rows + SHAP_LANES - 1) / SHAP_LANES * SHAP_LANES; i++) {
    const uint8_t *row = matrix + (i < rows ? i : 0) * shap->features * sizeof(float);
    float *to = call->columns + i / SHAP_LANES * shap->columns * SHAP_LANES + i % SHAP_LANES;
    for (size_t c = 0; c < shap->features; c++) memcpy(to + c * SHAP_LANES, row + c * sizeof(float), sizeof(float));
    for (size_t s = 0; s < shap->set_count; s++) {
      const ShapSet *set = &shap->sets[s];
      to[(shap->features + s) * SHAP_LANES] = goes_right(shap, set, to[set->feature * SHAP_LANES]);
    }
  }
}

static void explain_tree(const Shap *shap, const ShapTree *tree, size_t blocks, Call *call) {
  ShapPass *pass = &call->pass;
  size_t width = shap->features * SHAP_LANES;
  shap_splits(pass, shap->nodes + tree->first);
  call->expected[tree->class] += pass->expected;
  size_t points = (pass->features + 1) / 2, step = pass_points(pass->split_count, points);
  if (points != call->points) shap_quadrature(points, call->abscissas, call->weights);
  call->points = points;
  for (size_t q = 0; q < points; q += step) {
    if (step > points - q) step = points - q;
    shap_factors(pass, call->abscissas + q, call->weights + q, step);
    for (size_t b = 0; b < blocks; b++) {
      double *values = call->values + (b * shap->classes + tree->class) * width;
      call->kernel(pass, call->columns + b * shap->columns * SHAP_LANES, values, call->scratch);
    }
  }
}

static void store_rows(const Shap *shap, size_t rows, const Call *call, uint8_t *out) {
  size_t width = shap->features * SHAP_LANES;
  for (size_t i = 0; i < rows; i++) {
    const double *values = call->values + i / SHAP_LANES * shap->classes * width + i % SHAP_LANES;
    for (size_t k = 0; k < shap->classes; k++) {
      for (size_t c = 0; c < shap->features; c++, out += sizeof(double)) {
        memcpy(out, values + k * width + c * SHAP_LANES, sizeof(double));
      }
      memcpy(out, &call->expected[k], sizeof(double));
      out += sizeof(double);
    }
  }
}

static void explain(const Shap *shap, const uint8_t *matrix, size_t rows, Call *call, uint8_t *out) {
  size_t blocks = (rows + SHAP_LANES - 1) / SHAP_LANES;
  memset(call->values, 0, blocks * shap->classes * shap->features * SHAP_LANES * sizeof(double));
  for (size_t k = 0; k < shap->classes; k++) call->expected[k] = (double)shap->margins[k];
  load_rows(shap, matrix, rows, call);
  for (size_t t = 0; t < shap->tree_count; t++) explain_tree(shap, &shap->trees[t], blocks, call);
  store_rows(shap, rows, call, out);
}

int shap_values(const Shap *shap, ForestKernel kernel, const void *matrix, size_t rows, void *out) {
  Call call;
  bool begun = call_begin(shap, kernel, rows, &call);
  const uint8_t *in = matrix;
  uint8_t *to = out;
  while (begun && rows > 0) {
    size_t count = call.blocks * SHAP_LANES < rows ? call.blocks * SHAP_LANES : rows;
    explain(shap, in, count, &call, to);
    in += count * shap->features * sizeof(float);
    to += count * shap->classes * (shap->features + 1) * sizeof(double);
    rows -= count;
  }
  call_end(&call);
  return begun ? 0 : -1;
}
