#include "take.h"

#include <math.h>

#include "place.h"

enum { UNUSUAL = 1, NO_ENVELOPE = 2, MOST_KEY = 256 };

void taker_init(Taker *taker, const Envelopes *envelopes, Span model, Table *champion, Table *challenger,
                double share) {
  *taker = (Taker){
      .payloads = {.envelopes = envelopes},
      .model = model,
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
  for (int layer = 0; layer < MOST_LAYERS; layer++) {
    text_free(&taker->shared[layer].identity);
    text_free(&taker->shared[layer].source);
  }
  text_free(&taker->whole.identity);
  text_free(&taker->whole.source);
  payloads_free(&taker->payloads);
  opened_free(&taker->nested);
  aggregate_free(&taker->aggregate);
  text_free(&taker->key);
  text_free(&taker->source);
}

/* A record that is found in an envelope. */
typedef struct {
  const Shared *shared;
  Span position, key, payload;
  double arrived_at;
  EventPlace place; /* without the index of an event */
} Found;

static bool is_escaped(const Envelope *envelope, Slot slot) { return envelope->escaped >> slot & 1; }

/* False for texts with escapes, and for those of which the reference path makes something else. */
static bool find_out_where(const Layout *layout, const Envelope *envelope, Whereabouts *where) {
  if (envelope->escaped & (1U << ARN | 1U << SHARD | 1U << POSITION)) return false;
  *where = (Whereabouts){.arn = envelope->texts[ARN], .position = envelope->texts[POSITION]};
  if (where->position.size == 0 || where->position.size > MOST_POSITION || !json_plain(where->position)) return false;
  if (!(layout->present >> SHARD & 1)) return true;
  Span text = envelope->texts[SHARD];
  const char *colon = text.size ? memchr(text.at, ':', text.size) : NULL;
  if (colon == NULL || colon == text.at) return false; /* the reference path takes this for a source without shards */
  where->shard = (Span){text.at, (size_t)(colon - text.at)};
  return true;
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

/* The `source` member of the prediction of an event: 0, 1 for an instant that is unusual, -1. */
static int write_source(Taker *taker, const Found *found, EventPlace place) {
  char members[MOST_MEMBERS];
  if (!write_instant(taker, found->arrived_at)) return UNUSUAL;
  const Span parts[] = {{found->shared->source.at, found->shared->source.size},
                        found->position,
                        SPAN("\""),
                        {members, place_members(place, members)},
                        SPAN(",\"arrived_at\":\""),
                        {taker->instant, TIMESTAMP_SIZE},
                        SPAN("\"}")};
  taker->source.size = 0;
  return text_append_all(&taker->source, parts, 7);
}

/* Whether the claim's value is in the payload, in quotes: without it, no inner layout can claim it. */
static bool may_be_claimed(const Layout *layout, Span payload) {
  const char *at = payload.at, *end = payload.at + payload.size;
  size_t size = layout->claim.size;
  while ((size_t)(end - at) >= size + 2 && (at = memchr(at + 1, layout->claim.at[0], (size_t)(end - at) - 1))) {
    if ((size_t)(end - at) > size && at[-1] == '"' && at[size] == '"' && memcmp(at, layout->claim.at, size) == 0) {
      return true;
    }
  }
  return false;
}

/* The envelope in a payload: 0, 1 where it is in doubt whether there is one or what it holds, or NO_ENVELOPE. */
static int open_inner(Taker *taker, const Layout *layout, Span payload, Envelope *envelope) {
  if (layout == NULL || !may_be_claimed(layout, payload)) return NO_ENVELOPE;
  if (taker->inner.layout == NULL) envelope_reader_init(&taker->inner, layout);
  Cursor cursor = {payload.at, payload.at + payload.size};
  strict_space(&cursor);
  EnvelopeKind kind = envelope_read(&taker->inner, &cursor, envelope);
  strict_space(&cursor);
  if (kind == ENVELOPE_BROKEN || kind == ENVELOPE_ODD || cursor.at != cursor.end) return UNUSUAL;
  return kind == ENVELOPE_OF_ELSE ? NO_ENVELOPE : 0;
}

/* The partition key; one that Kinesis might not take is left to the reference path where there is another choice. */
static int find_key(Taker *taker, const Layout *layout, const Envelope *envelope, Span position, Span *key) {
  *key = envelope->texts[PARTITION_KEY];
  if (key->at == NULL) {
    *key = position;
    return 0;
  }
  int answer = is_escaped(envelope, PARTITION_KEY) ? payload_unescape(&taker->key, *key, key) : 0;
  if (answer == 0 && layout->optional_key && (key->size == 0 || key->size > MOST_KEY)) return UNUSUAL;
  return answer;
}

/* What a scan came to, as the functions here say it. */
static int answer_of(ScanResult result) {
  if (result == SCAN_NO_MEMORY) return -1;
  return result == SCAN_UNUSUAL ? UNUSUAL : 0;
}

/* What the row of an event has of its record; the texts are in `taker` and `id`. */
static int describe(Taker *taker, const Found *found, EventPlace place, char id[SHA256_HEX], RowTexts *texts) {
  int answer = write_source(taker, found, place);
  if (answer != 0) return answer;
  char suffix[MOST_SUFFIX];
  place_identify(taker, found->shared, found->position, (Span){suffix, place_suffix(place, suffix)}, id);
  *texts = (RowTexts){
      .prediction_id = {id, SHA256_HEX}, .source = {taker->source.at, taker->source.size}, .key = found->key};
  return 0;
}

static int add_event(Taker *taker, Table *table, const Found *found) {
  char id[SHA256_HEX];
  RowTexts texts;
  int answer = describe(taker, found, found->place, id, &texts);
  return answer != 0 ? answer : answer_of(table_add(table, texts, found->payload, found->place));
}

/* The next of a record's events, each under its index. */
static int add_next(Taker *taker, Table *table, const Found *found, Split *split, bool *done) {
  char id[SHA256_HEX];
  RowTexts texts;
  EventPlace place = found->place;
  place.index = split->number;
  int answer = describe(taker, found, place, id, &texts);
  return answer != 0 ? answer : answer_of(table_add_next(table, texts, split, place, done));
}

/* All events of a record, or none. */
static int add_events(Taker *taker, Table *table, const Found *found) {
  Split split;
  TableMark mark = table_mark(table);
  int answer = answer_of(schema_split(table->schema, found->payload, &table->scratch, &split));
  for (bool done = false; answer == 0 && !done;) answer = add_next(taker, table, found, &split, &done);
  if (answer != 0) table_return(table, &mark);
  return answer;
}

static int add_record(Taker *taker, const Found *found) {
  Table *table = serving(taker, found->key);
  return schema_many(table->schema) ? add_events(taker, table, found) : add_event(taker, table, found);
}

/* What the records of an envelope have in common: 0, UNUSUAL or -1. */
static int find(Taker *taker, const Layout *layout, const Envelope *envelope, int layer, size_t origin, Found *found) {
  Shared *shared = &taker->shared[layer];
  Whereabouts where;
  if (!find_out_where(layout, envelope, &where)) return UNUSUAL;
  *found = (Found){
      .shared = shared,
      .position = where.position,
      .arrived_at = envelope->arrived_at,
      .place = {origin, NO_INDEX, NO_INDEX},
  };
  return place_share(taker, shared, layout, &where);
}

static int add(Taker *taker, const Layout *layout, const Envelope *envelope, int layer, Span payload, size_t origin) {
  Found found;
  int answer = find(taker, layout, envelope, layer, origin, &found);
  if (answer == 0) answer = find_key(taker, layout, envelope, found.position, &found.key);
  found.payload = payload;
  return answer == 0 ? add_record(taker, &found) : answer;
}

static int add_users(Taker *taker, Found *found) {
  int answer = 0;
  for (size_t i = 0; answer == 0 && i < taker->aggregate.count; i++) {
    found->key = taker->aggregate.user[i].key;
    found->payload = taker->aggregate.user[i].data;
    found->place.subsequence = i;
    answer = add_record(taker, found);
  }
  return answer;
}

/* All user records of an aggregate, or none. */
static int add_aggregate(Taker *taker, const Layout *layout, const Envelope *envelope, Span message, size_t origin) {
  Found found;
  int answer = find(taker, layout, envelope, 0, origin, &found);
  if (answer == 0) answer = aggregate_read(&taker->aggregate, message);
  if (answer == 0) answer = place_extend(taker, found.shared, found.position, &taker->whole);
  if (answer != 0) return answer;
  found.shared = &taker->whole;
  found.position = (Span){0};
  TableMark champion = table_mark(taker->champion), challenger;
  if (taker->challenger != NULL) challenger = table_mark(taker->challenger);
  answer = add_users(taker, &found);
  if (answer == 0) return 0;
  table_return(taker->champion, &champion);
  if (taker->challenger != NULL) table_return(taker->challenger, &challenger);
  return answer;
}

/* The record in the envelope that a payload is. */
static int add_nested(Taker *taker, const Layout *layout, const Envelope *envelope, size_t origin) {
  Span message, digest;
  int answer = payload_open(layout, envelope, &taker->nested);
  if (answer != 0) return answer;
  if (aggregate_parts(taker->nested.payload, layout->aggregate, &message, &digest)) return UNUSUAL;
  return add(taker, layout, envelope, 1, taker->nested.payload, origin);
}

int take_envelope(Taker *taker, size_t i) {
  const Layout *layout = taker->payloads.envelopes->layout;
  const Opened *opened;
  Envelope envelope, inner;
  if (!envelopes_get(taker->payloads.envelopes, i, &envelope)) return UNUSUAL;
  int answer = payloads_open(&taker->payloads, i, &opened);
  if (answer != 0) return answer;
  if (opened->message.at != NULL) return add_aggregate(taker, layout, &envelope, opened->message, i);
  answer = open_inner(taker, layout->inner, opened->payload, &inner);
  if (answer == NO_ENVELOPE) return add(taker, layout, &envelope, 0, opened->payload, i);
  return answer == 0 ? add_nested(taker, layout->inner, &inner, i) : answer;
}
