#include "place.h"

enum { UNUSUAL = 1 };

/* Whether what was rendered is of this place. */
static bool is_shared(const Shared *shared, size_t model_size, const Layout *layout, const Whereabouts *where) {
  if (shared->layout != layout || shared->arn_size != where->arn.size || shared->shard_size != where->shard.size) {
    return false;
  }
  const char *arn = shared->identity.at + model_size + 1, *shard = arn + shared->arn_size + 1;
  return memcmp(arn, where->arn.at, where->arn.size) == 0 &&
         (where->shard.size == 0 || memcmp(shard, where->shard.at, where->shard.size) == 0);
}

static int render_identity(const Taker *taker, Shared *shared, const Whereabouts *where) {
  const Span bar = SPAN("|");
  const Span parts[] = {taker->model, bar, where->arn, bar, where->shard, bar};
  Text *identity = &shared->identity;
  identity->size = 0;
  if (text_append_all(identity, parts, where->shard.size ? 6 : 4) < 0) return -1;
  memcpy(shared->state, sha256_initial, sizeof shared->state);
  taker->sha256(shared->state, (const uint8_t *)identity->at, identity->size / SHA256_BLOCK);
  return 0;
}

static int render_source(Shared *shared, const Layout *layout, const Whereabouts *where) {
  const Span type[] = {SPAN("{\"type\":\""), layout->type, SPAN("\",\"arn\":\""), where->arn};
  const Span shard[] = {SPAN("\",\"shard\":\""), where->shard};
  shared->source.size = 0;
  if (text_append_all(&shared->source, type, 4) < 0) return -1;
  if (where->shard.size && text_append_all(&shared->source, shard, 2) < 0) return -1;
  return text_append(&shared->source, SPAN("\",\"position\":\""));
}

int place_share(const Taker *taker, Shared *shared, const Layout *layout, const Whereabouts *where) {
  if (is_shared(shared, taker->model.size, layout, where)) return 0;
  shared->layout = NULL; /* half of it is none */
  if (!json_plain(where->arn) || !json_plain(where->shard)) return UNUSUAL;
  if (render_identity(taker, shared, where) < 0 || render_source(shared, layout, where) < 0) return -1;
  shared->arn_size = where->arn.size;
  shared->shard_size = where->shard.size;
  shared->layout = layout;
  return 0;
}

void place_identify(const Taker *taker, const Shared *shared, Span position, Span suffix, char id[SHA256_HEX]) {
  const Text *identity = &shared->identity;
  size_t before = identity->size / SHA256_BLOCK * SHA256_BLOCK, rest = identity->size - before;
  uint8_t end[SHA256_BLOCK + MOST_POSITION + MOST_SUFFIX], digest[SHA256_DIGEST];
  memcpy(end, identity->at + before, rest);
  if (position.size) memcpy(end + rest, position.at, position.size);
  if (suffix.size) memcpy(end + rest + position.size, suffix.at, suffix.size);
  sha256_finish(taker->sha256, shared->state, before, end, rest + position.size + suffix.size, digest);
  sha256_hex(digest, id);
}

int place_extend(const Taker *taker, const Shared *shared, Span position, Shared *whole) {
  const Span source = {shared->source.at, shared->source.size}, identity = {shared->identity.at, shared->identity.size};
  const Span places[] = {identity, position}, members[] = {source, position};
  whole->identity.size = whole->source.size = 0;
  if (text_append_all(&whole->identity, places, 2) < 0 || text_append_all(&whole->source, members, 2) < 0) return -1;
  size_t before = shared->identity.size / SHA256_BLOCK, after = whole->identity.size / SHA256_BLOCK;
  memcpy(whole->state, shared->state, sizeof whole->state);
  taker->sha256(whole->state, (const uint8_t *)whole->identity.at + before * SHA256_BLOCK, after - before);
  return 0;
}

/* The digits of a number behind a text: their end. */
static char *put_number(char *out, Span before, size_t number) {
  char digits[20];
  size_t count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  memcpy(out, before.at, before.size);
  out += before.size;
  while (count > 0) *out++ = digits[--count];
  return out;
}

size_t place_suffix(EventPlace place, char out[MOST_SUFFIX]) {
  char *end = out;
  if (place.subsequence != NO_INDEX) end = put_number(end, SPAN("|"), place.subsequence);
  if (place.index == NO_INDEX) return (size_t)(end - out);
  if (place.subsequence == NO_INDEX) *end++ = '|';
  return (size_t)(put_number(end, SPAN("|"), place.index) - out);
}

size_t place_members(EventPlace place, char out[MOST_MEMBERS]) {
  char *end = out;
  if (place.subsequence != NO_INDEX) end = put_number(end, SPAN(",\"subsequence\":"), place.subsequence);
  if (place.index != NO_INDEX) end = put_number(end, SPAN(",\"index\":"), place.index);
  return (size_t)(end - out);
}
