#include "grams.h"

#include <stdlib.h>
#include <string.h>

#include "crc32.h"

/* Words with one space between them: whatever the unit, a gram is a run of these bytes. */
typedef struct {
  uint8_t *at;
  size_t size;
} Words;

/* The byte as it is in a word; 0 for one that is in none. */
static inline uint8_t in_word(uint8_t byte, uint8_t lowered) {
  if (byte >= 0x80 || (uint8_t)(byte - '0') < 10 || (uint8_t)(byte - 'a') < 26) return byte;
  return (uint8_t)(byte - 'A') < 26 ? (uint8_t)(byte | lowered) : 0;
}

/* `words->at` has room for a byte more than the text: the last word's space. */
static void join_words(const uint8_t *text, size_t size, bool lowercase, Words *words) {
  const uint8_t lowered = lowercase ? 0x20 : 0;
  uint8_t *to = words->at;
  bool open = false;
  for (size_t i = 0; i < size; i++) {
    uint8_t byte = in_word(text[i], lowered);
    if (byte != 0) {
      *to++ = byte;
      open = true;
    } else if (open) {
      *to++ = ' ';
      open = false;
    }
  }
  if (open) *to++ = ' ';
  words->size = (size_t)(to - words->at);
}

/* Where the unit that begins at `at` ends: a word before its space, a character before the next one. */
static inline const uint8_t *unit_end(const uint8_t *at, const uint8_t *end, bool characters) {
  if (!characters) {
    while (at < end && *at != ' ') at++;
    return at;
  }
  do at++;
  while (at < end && (*at & 0xc0) == 0x80);
  return at;
}

/* The grams that begin at `at`, the shortest first, as far as there is room for them: their number. */
static size_t grams_at(const GramRules *rules, const uint8_t *at, const uint8_t *end, int64_t *row, size_t room) {
  const uint8_t *from = at;
  uint32_t crc = UINT32_MAX;
  size_t found = 0;
  for (size_t units = 1; units <= rules->longest && at < end && found < room; units++) {
    const uint8_t *to = unit_end(at, end, rules->characters);
    crc = crc32_with(crc, from, (size_t)(to - from));
    if (units >= rules->shortest) row[found++] = 1 + (int64_t)(~crc % (rules->buckets - 1));
    from = to;
    at = rules->characters ? to : to + 1; /* the space is a part of the longer grams */
  }
  return found;
}

static void hash_all(const GramRules *rules, const uint8_t *at, const uint8_t *end, int64_t *row) {
  size_t found = 0;
  while (at < end && found < rules->length) {
    found += grams_at(rules, at, end, row + found, rules->length - found);
    at = unit_end(at, end, rules->characters) + (rules->characters ? 0 : 1);
  }
}

bool hash_grams(const GramRules *rules, const uint8_t *text, size_t size, int64_t *row) {
  memset(row, 0, rules->length * sizeof *row);
  uint8_t *buffer = malloc(size + 2);
  if (buffer == NULL) return false;
  *buffer = ' ';
  Words words = {buffer + 1, 0};
  join_words(text, size, rules->lowercase, &words);
  const uint8_t *end = words.at + words.size;
  if (words.size > 0) {
    if (rules->characters) {
      hash_all(rules, buffer, end, row);
    } else {
      hash_all(rules, words.at, end - 1, row);
    }
  }
  free(buffer);
  return true;
}
