/* The trees of one model: read from the bytes of a UBJ file, checked, flattened, evaluated. No Python in here: it is
 * fuzzed by itself. A Forest does not change after it was loaded: any number of threads may score with it. */
#ifndef NATIVE_FOREST_H
#define NATIVE_FOREST_H

#include <stddef.h>
#include <stdint.h>

typedef struct Forest Forest;

/* Which code evaluates the trees. All of them give the same bits. */
typedef enum {
  FOREST_AUTOMATIC, /* the fastest that this processor has */
  FOREST_WALK,      /* from node to node: what all others do too for large trees and a few rows */
  FOREST_PORTABLE,  /* in lanes, with vectors that every processor has */
  FOREST_AVX2,      /* in lanes: x86-64 */
  FOREST_NEON,      /* in lanes: arm64 */
} ForestKernel;

enum { FOREST_REASON_SIZE = 160 };

/* The forest in a model file of any origin; NULL, with a sentence in `reason`, where it is not covered: that is every
 * model that XGBoost might score in another way, every fault, and memory that is not to be had.
 * iterations : boosting rounds that count; 0: all. kernel : one that this processor has, see forest_has_kernel. */
Forest *forest_load(const uint8_t *model, size_t size, uint64_t iterations, ForestKernel kernel,
                    char reason[FOREST_REASON_SIZE]);
void forest_free(Forest *forest);

int forest_has_kernel(ForestKernel kernel);

size_t forest_columns(const Forest *forest);
size_t forest_classes(const Forest *forest); /* scores of a row */

/* How many rows it takes for trees to be evaluated in lanes; 0: they are walked, however many there are. */
size_t forest_lanes_from(const Forest *forest);

/* Splits by category: of feature number `at` of those that have some, its column and how many codes the sets of all of
 * the file's trees need, from 0 on. False where there are not as many. */
int forest_codes(const Forest *forest, size_t at, size_t *column, size_t *codes);

/* JSON of the model file without its trees, UTF-8 where the file's texts are; lives as long as the forest. */
const char *forest_skeleton(const Forest *forest, size_t *size);

/* matrix : rows × columns, row-major, NaN: missing. out : rows × classes. 0, or -1 where there is no memory.
 * Margins are the base score and the leaves, added up in the order of the trees. Scores are what the objective makes
 * of them. Both are bit for bit XGBoost's. Neither the matrix nor `out` need be aligned. */
int forest_margins(const Forest *forest, const void *matrix, size_t rows, void *out);
int forest_scores(const Forest *forest, const void *matrix, size_t rows, void *out);

/* Feature attributions of the margins, as shap_values gives them; only where there is no refusal. */
int forest_attributions(const Forest *forest, const void *matrix, size_t rows, void *out);
const char *forest_attributions_refusal(const Forest *forest);

#endif
