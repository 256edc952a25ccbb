/* Hashed n-grams of a text: the definition is functions/inputs/text.py. */
#ifndef NATIVE_GRAMS_H
#define NATIVE_GRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* shortest, longest : units of a gram, from 1. buckets : from 2. length : numbers of a row. */
typedef struct {
  bool characters, lowercase;
  size_t shortest, longest, length;
  uint32_t buckets;
} GramRules;

/* Write the row of a text in UTF-8: `length` numbers. Returns false where there is no memory. */
bool hash_grams(const GramRules *rules, const uint8_t *text, size_t size, int64_t *row);

#endif
