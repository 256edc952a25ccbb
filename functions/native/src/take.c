#include "take.h"

#include <math.h>

#include "base64.h"

enum { UNUSUAL = 1, MOST_SEQUENCE_DIGITS = 129 };

void taker_init(Taker *taker, Table *champion, Table *challenger, double share) {
  *taker = (Taker){
      .champion = champion,
      .challenger = challenger,
      .bound = share * 4294967296.0,
      .sha256 = sha256_select(),
      .arrived_at = NAN,
  };
}

void taker_expect(const Taker *taker, size_t records) {
  size_t others = (size_t)((double)records * (taker->bound / 4294967296.0));
  if (others > records) others = records;
  taker->champion->expected = records - others;
  if (taker->challenger != NULL) taker->challenger->expected = others;
}

void taker_free(Taker *taker) {
  text_free(&taker->shard.identity);
  text_free(&taker->shard.source);
  text_free(&taker->payload);
  text_free(&taker->source);
}

/* What stands before the colon; empty where there is none, which the exact path treats as a source without shards. */
static Span shard_of(Span event_id) {
  const char *colon = event_id.size ? memchr(event_id.at, ':', event_id.size) : NULL;
  return (Span){event_id.at, colon ? (size_t)(colon - event_id.at) : 0};
}

static bool is_shard(const Shard *shard, Span arn, Span name) {
  const Text *identity = &shard->identity;
  return shard->arn_size == arn.size && identity->size == arn.size + name.size + 2 &&
         memcmp(identity->at, arn.at, arn.size) == 0 && memcmp(identity->at + arn.size + 1, name.at, name.size) == 0;
}

/* Render what the records of one shard share; texts that JSON would escape are left to the exact path. */
static int enter_shard(Taker *taker, Span arn, Span name) {
  Shard *shard = &taker->shard;
  if (is_shard(shard, arn, name)) return 0;
  shard->identity.size = shard->source.size = 0;
  if (!json_plain(arn) || !json_plain(name)) return UNUSUAL;
  const Span separator = SPAN("|");
  const Span identity[] = {arn, separator, name, separator};
  const Span source[] = {SPAN("{\"type\":\"kinesis\",\"arn\":\""), arn, SPAN("\",\"shard\":\""), name,
                         SPAN("\",\"position\":\"")};
  for (size_t i = 0; i < sizeof identity / sizeof *identity; i++) {
    if (text_append(&shard->identity, identity[i]) < 0) goto no_memory;
  }
  for (size_t i = 0; i < sizeof source / sizeof *source; i++) {
    if (text_append(&shard->source, source[i]) < 0) goto no_memory;
  }
  shard->arn_size = arn.size;
  memcpy(shard->state, sha256_initial, sizeof shard->state);
  taker->sha256(shard->state, (const uint8_t *)shard->identity.at, shard->identity.size / SHA256_BLOCK);
  return 0;

no_memory:
  shard->identity.size = shard->source.size = 0; /* half of a shard is none */
  return -1;
}

static bool is_sequence(Span sequence) {
  if (sequence.size == 0 || sequence.size > MOST_SEQUENCE_DIGITS) return false;
  for (size_t i = 0; i < sequence.size; i++) {
    if (sequence.at[i] < '0' || sequence.at[i] > '9') return false;
  }
  return true;
}

/* SHA-256 of arn|shard|sequence, of which the whole blocks that all records share were done once. */
static void identify(const Taker *taker, Span sequence, char id[SHA256_HEX]) {
  const Text *identity = &taker->shard.identity;
  size_t before = identity->size / SHA256_BLOCK * SHA256_BLOCK, rest = identity->size - before;
  uint8_t end[SHA256_BLOCK + MOST_SEQUENCE_DIGITS], digest[SHA256_DIGEST];
  memcpy(end, identity->at + before, rest);
  memcpy(end + rest, sequence.at, sequence.size);
  sha256_finish(taker->sha256, taker->shard.state, before, end, rest + sequence.size, digest);
  sha256_hex(digest, id);
}

/* The table whose variant serves a key: as model_store/release.py, Release.variant. */
static Table *serving(const Taker *taker, Span key) {
  if (!(taker->bound > 0)) return taker->champion;
  uint8_t digest[SHA256_DIGEST];
  sha256_finish(taker->sha256, sha256_initial, 0, (const uint8_t *)key.at, key.size, digest);
  uint32_t place = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
  return (double)place < taker->bound ? taker->challenger : taker->champion;
}

/* The instant in letters: many records arrive in one call, at the same instant. */
static bool write_instant(Taker *taker, double arrived_at) {
  if (arrived_at == taker->arrived_at) return true;
  taker->arrived_at = timestamp_write(taker->instant, arrived_at) ? arrived_at : NAN;
  return arrived_at == taker->arrived_at;
}

/* The `source` member of the record's prediction: 0, 1 for an instant that is unusual, -1. */
static int write_source(Taker *taker, Span sequence, double arrived_at) {
  if (!write_instant(taker, arrived_at)) return UNUSUAL;
  const Text *shared = &taker->shard.source;
  const Span middle = SPAN("\",\"arrived_at\":\""), end = SPAN("\"}");
  size_t size = shared->size;
  taker->source.size = 0;
  if (!size_add(&size, sequence.size + middle.size + TIMESTAMP_SIZE + end.size)) return -1;
  if (text_reserve(&taker->source, size) < 0) return -1;
  text_put(&taker->source, shared->at, shared->size);
  text_put(&taker->source, sequence.at, sequence.size);
  text_put(&taker->source, middle.at, middle.size);
  text_put(&taker->source, taker->instant, TIMESTAMP_SIZE);
  text_put(&taker->source, end.at, end.size);
  return 0;
}

/* The record's bytes; an aggregate of the Kinesis Producer Library is unusual. */
static int decode_payload(Taker *taker, Span data) {
  static const char aggregate[] = "\xf3\x89\x9a\xc2";
  taker->payload.size = 0;
  if (text_reserve(&taker->payload, BASE64_DECODE_ROOM(data.size)) < 0) return -1;
  size_t size = base64_decode(data.at, data.size, (uint8_t *)taker->payload.at);
  if (size == BASE64_INVALID) return UNUSUAL;
  if (size >= 4 && memcmp(taker->payload.at, aggregate, 4) == 0) return UNUSUAL;
  taker->payload.size = size;
  return 0;
}

int take_envelope(Taker *taker, const Envelope *envelope, size_t origin) {
  Span shard = shard_of(envelope->event_id);
  if (shard.size == 0 || !is_sequence(envelope->sequence)) return UNUSUAL;
  int answer = enter_shard(taker, envelope->arn, shard);
  if (answer == 0) answer = write_source(taker, envelope->sequence, envelope->arrived_at);
  if (answer == 0) answer = decode_payload(taker, envelope->data);
  if (answer != 0) return answer;
  char id[SHA256_HEX];
  identify(taker, envelope->sequence, id);
  RowTexts texts = {
      .prediction_id = {id, sizeof id},
      .source = {taker->source.at, taker->source.size},
      .key = envelope->key,
  };
  return table_add(serving(taker, envelope->key), texts, (Span){taker->payload.at, taker->payload.size}, origin);
}
