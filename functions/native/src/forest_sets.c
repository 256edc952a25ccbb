/* From sets of categories to sets of bits, when a model is loaded. */
#include <stdlib.h>
#include <string.h>

#include "forest_plan.h"

/* A set on the way to its place. */
typedef struct {
  const uint32_t *bits;
  size_t words, of_file;
  uint32_t code_feature;
} Bits;

static int by_bits(const void *left, const void *right) {
  const Bits *a = left, *b = right;
  if (a->code_feature != b->code_feature) return a->code_feature < b->code_feature ? -1 : 1;
  return memcmp(a->bits, b->bits, a->words * sizeof *a->bits);
}

/* The features with splits by category, and to each column the number and 1 of its feature, or 0. */
static bool find_features(Plan *plan, const ForestFile *file, uint32_t *numbers) {
  uint32_t *none = calloc(plan->columns, sizeof *none);
  if (none == NULL) return false;
  size_t count = 0;
  for (size_t i = 0; i < file->set_count; i++) {
    const FileSet *set = &file->sets[i];
    count += none[set->feature] == 0;
    for (size_t c = set->first; c < set->first + set->count; c++) {
      if (file->codes[c] >= none[set->feature]) none[set->feature] = file->codes[c] + 1;
    }
  }
  plan->code_features = malloc((count + 1) * sizeof *plan->code_features);
  for (size_t i = 0; plan->code_features != NULL && i < plan->columns; i++) {
    if (none[i] == 0) continue;
    plan->code_features[plan->code_feature_count++] =
        (CodeFeature){.feature = (uint32_t)i, .none = none[i], .words = (none[i] + 2 + 31) / 32};
    numbers[i] = (uint32_t)plan->code_feature_count;
  }
  free(none);
  return plan->code_features != NULL;
}

static void put_bits(const Plan *plan, const ForestFile *file, const FileSet *set, Bits *bits, uint32_t *words) {
  const CodeFeature *feature = &plan->code_features[bits->code_feature];
  bits->bits = words;
  bits->words = feature->words;
  for (size_t c = set->first; c < set->first + set->count; c++)
    words[file->codes[c] >> 5] |= 1U << (file->codes[c] & 31);
  uint32_t missing = feature->none + 1;
  if (!set->missing_left) words[missing >> 5] |= 1U << (missing & 31);
}

/* Sets by feature, each of them once, and where they are. Within their words each is the one before it, or follows it. */
static void place(Plan *plan, const Bits *sorted, size_t count, PlanSet *sets) {
  size_t word = 0;
  for (size_t i = 0; i < count; i++) {
    const Bits *bits = &sorted[i];
    CodeFeature *feature = &plan->code_features[bits->code_feature];
    if (i == 0 || by_bits(bits, bits - 1) != 0) {
      if (feature->set_count++ == 0) {
        feature->first_word = word;
        feature->first_set = plan->set_count;
      }
      memcpy(plan->set_words + word, bits->bits, bits->words * sizeof *bits->bits);
      word += bits->words;
      plan->set_count++;
    }
    sets[bits->of_file] =
        (PlanSet){bits->code_feature, (uint32_t)(word - bits->words), (uint32_t)(plan->set_count - 1)};
  }
}

static size_t words_of_all(const Plan *plan, const ForestFile *file, const uint32_t *numbers) {
  size_t words = 0;
  for (size_t i = 0; i < file->set_count; i++) words += plan->code_features[numbers[file->sets[i].feature] - 1].words;
  return words;
}

static bool make_sets(Plan *plan, const ForestFile *file, uint32_t *numbers, PlanSet *sets) {
  if (!find_features(plan, file, numbers)) return false;
  size_t words = words_of_all(plan, file, numbers), used = 0; /* as many as forest_settle() lets through */
  uint32_t *bits = calloc(words + 1, sizeof *bits);
  Bits *unsorted = malloc((file->set_count + 1) * sizeof *unsorted);
  /* A look-up of a few codes reads as many words as there are BYTE_CODES. */
  plan->set_words = calloc(words + BYTE_CODES / 32, sizeof *plan->set_words);
  bool made = bits != NULL && unsorted != NULL && plan->set_words != NULL;
  for (size_t i = 0; made && i < file->set_count; i++) {
    unsorted[i] = (Bits){.of_file = i, .code_feature = numbers[file->sets[i].feature] - 1};
    put_bits(plan, file, &file->sets[i], &unsorted[i], bits + used);
    used += unsorted[i].words;
  }
  if (made) {
    qsort(unsorted, file->set_count, sizeof *unsorted, by_bits);
    place(plan, unsorted, file->set_count, sets);
  }
  free(unsorted);
  free(bits);
  return made;
}

PlanSet *forest_plan_sets(Plan *plan, const ForestFile *file) {
  PlanSet *sets = malloc((file->set_count + 1) * sizeof *sets);
  uint32_t *numbers = calloc(plan->columns, sizeof *numbers);
  if (sets == NULL || numbers == NULL || !make_sets(plan, file, numbers, sets)) {
    free(sets);
    sets = NULL;
  }
  free(numbers);
  return sets;
}
