/* A hash of a text, quick for short ones. Whoever chooses the texts can make many of them collide: tables of texts that
 * producers choose must bear that. */
#ifndef NATIVE_HASH_H
#define NATIVE_HASH_H

#include "text.h"

/* Both halves of a product, so that every bit counts in every other one. */
static inline uint64_t hash_mix(uint64_t sum) {
  unsigned __int128 product = (unsigned __int128)sum * 0x9e3779b97f4a7c15; /* 2^64 over the golden ratio, odd */
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load(const char *at, size_t size) {
  uint64_t bytes = 0;
  memcpy(&bytes, at, size);
  return bytes;
}

/* Up to eight bytes as a number, without a loop: the two ends, which overlap. */
static inline uint64_t hash_few(const char *at, size_t size) {
  if (size >= 4) return hash_load(at, 4) | hash_load(at + size - 4, 4) << 32;
  return size == 0 ? 0 : hash_load(at, 1) | hash_load(at + size / 2, 1) << 8 | hash_load(at + size - 1, 1) << 16;
}

static inline size_t hash(Span text) {
  uint64_t sum = text.size;
  const char *at = text.at;
  for (size_t left = text.size; left > 8; left -= 8, at += 8) sum = hash_mix(sum ^ hash_load(at, 8));
  sum ^= text.size > 8 ? hash_load(text.at + text.size - 8, 8) : hash_few(text.at, text.size);
  return (size_t)hash_mix(sum);
}

#endif
