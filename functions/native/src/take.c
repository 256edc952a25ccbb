#include "take.h"

#include <math.h>

#include "base64.h"
#include "escapes.h"
#include "place.h"

enum { UNUSUAL = 1, NO_ENVELOPE = 2, MOST_KEY = 256 };

void taker_init(Taker *taker, Span model, Table *champion, Table *challenger, double share) {
  *taker = (Taker){
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
    text_free(&taker->unescaped[layer]);
    text_free(&taker->decoded[layer]);
  }
  text_free(&taker->key);
  text_free(&taker->source);
}

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

/* The `source` member of the record's prediction: 0, 1 for an instant that is unusual, -1. index: of an event in the
 * record, with its name; empty where the record is the event. */
static int write_source(Taker *taker, const Shared *shared, Span position, Span index, double arrived_at) {
  if (!write_instant(taker, arrived_at)) return UNUSUAL;
  const Span parts[] = {
      {shared->source.at, shared->source.size}, position,   SPAN("\""), index, SPAN(",\"arrived_at\":\""),
      {taker->instant, TIMESTAMP_SIZE},         SPAN("\"}")};
  taker->source.size = 0;
  return text_append_all(&taker->source, parts, 7);
}

/* The text that the inside of a JSON string represents, in `room`; single surrogates are left to the reference path. */
static int unescape(Text *room, Span inside, Span *text) {
  room->size = 0;
  if (text_reserve(room, inside.size) < 0) return -1;
  size_t size = json_unescape(inside, room->at);
  if (size == ESCAPES_INVALID) return UNUSUAL;
  *text = (Span){room->at, size};
  return 0;
}

static int decode_base64(Text *room, Span text, Span *payload) {
  room->size = 0;
  if (text_reserve(room, BASE64_DECODE_ROOM(text.size)) < 0) return -1;
  size_t size = base64_decode(text.at, text.size, (uint8_t *)room->at);
  if (size == BASE64_INVALID) return UNUSUAL;
  *payload = (Span){room->at, size};
  return 0;
}

/* The payload of an envelope; one that holds several records is unusual. */
static int open_payload(Taker *taker, const Layout *layout, const Envelope *envelope, int layer, Span *payload) {
  *payload = envelope->texts[PAYLOAD];
  int answer = is_escaped(envelope, PAYLOAD) ? unescape(&taker->unescaped[layer], *payload, payload) : 0;
  if (answer == 0 && layout->base64) answer = decode_base64(&taker->decoded[layer], *payload, payload);
  size_t size = layout->aggregate.size;
  if (answer == 0 && size > 0 && payload->size >= size && memcmp(payload->at, layout->aggregate.at, size) == 0) {
    return UNUSUAL;
  }
  return answer;
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
  int answer = is_escaped(envelope, PARTITION_KEY) ? unescape(&taker->key, *key, key) : 0;
  if (answer == 0 && layout->optional_key && (key->size == 0 || key->size > MOST_KEY)) return UNUSUAL;
  return answer;
}

/* What a scan came to, as the functions here say it. */
static int answer_of(ScanResult result) {
  if (result == SCAN_NO_MEMORY) return -1;
  return result == SCAN_UNUSUAL ? UNUSUAL : 0;
}

/* A record that is found in an envelope. */
typedef struct {
  const Shared *shared;
  Span position, key, payload;
  double arrived_at;
  size_t origin;
} Found;

static RowTexts texts_of(const Taker *taker, const Found *found, const char id[SHA256_HEX]) {
  return (RowTexts){
      .prediction_id = {id, SHA256_HEX}, .source = {taker->source.at, taker->source.size}, .key = found->key};
}

static int add_event(Taker *taker, Table *table, const Found *found) {
  int answer = write_source(taker, found->shared, found->position, (Span){0}, found->arrived_at);
  if (answer != 0) return answer;
  char id[SHA256_HEX];
  place_identify(taker, found->shared, found->position, (Span){0}, id);
  return answer_of(table_add(table, texts_of(taker, found, id), found->payload, found->origin));
}

/* The digits of an index behind a text: their end. */
static size_t put_index(char *out, Span before, size_t index) {
  char digits[20];
  size_t count = 0;
  do digits[count++] = (char)('0' + index % 10);
  while (index /= 10);
  memcpy(out, before.at, before.size);
  for (size_t i = 0; i < count; i++) out[before.size + i] = digits[count - 1 - i];
  return before.size + count;
}

/* The next of a record's events, each under its index: its identity has an empty subsequence before that. */
static int add_next(Taker *taker, Table *table, const Found *found, Split *split, bool *done) {
  char index[MOST_INDEX + 8], suffix[MOST_INDEX], id[SHA256_HEX];
  size_t index_size = put_index(index, SPAN(",\"index\":"), split->number);
  size_t suffix_size = put_index(suffix, SPAN("||"), split->number);
  int answer = write_source(taker, found->shared, found->position, (Span){index, index_size}, found->arrived_at);
  if (answer != 0) return answer;
  place_identify(taker, found->shared, found->position, (Span){suffix, suffix_size}, id);
  return answer_of(table_add_next(table, texts_of(taker, found, id), split, found->origin, done));
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

static int add(Taker *taker, const Layout *layout, const Envelope *envelope, int layer, Span payload, size_t origin) {
  Shared *shared = &taker->shared[layer];
  Whereabouts where;
  Span key;
  if (!find_out_where(layout, envelope, &where)) return UNUSUAL;
  int answer = find_key(taker, layout, envelope, where.position, &key);
  if (answer == 0) answer = place_share(taker, shared, layout, &where);
  if (answer != 0) return answer;
  Found found = {shared, where.position, key, payload, envelope->arrived_at, origin};
  Table *table = serving(taker, key);
  return schema_many(table->schema) ? add_events(taker, table, &found) : add_event(taker, table, &found);
}

int take_envelope(Taker *taker, const Layout *layout, const Envelope *envelope, size_t origin) {
  Span payload;
  Envelope inner;
  int answer = open_payload(taker, layout, envelope, 0, &payload);
  if (answer != 0) return answer;
  answer = open_inner(taker, layout->inner, payload, &inner);
  if (answer == NO_ENVELOPE) return add(taker, layout, envelope, 0, payload, origin);
  if (answer == 0) answer = open_payload(taker, layout->inner, &inner, 1, &payload);
  return answer == 0 ? add(taker, layout->inner, &inner, 1, payload, origin) : answer;
}
