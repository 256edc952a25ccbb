/* A Lambda event on its whole way: envelopes, rows of two tables, predictions, entries of a request. The input's first
 * four bytes are a score and choose the limits; the rest is the event's JSON. */
#include <math.h>

#include "answer.h"
#include "encode.h"
#include "envelope.h"
#include "messages.h"
#include "table.h"
#include "take.h"
#include "target.h"

static Schema *schema_of_sessions(void) {
  static const Span id[] = {{"event_id", 8}}, features[] = {{"features", 8}};
  static const Span devices[] = {{"desktop", 7}, {"mobile", 6}};
  static const FeatureSpec columns[] = {
      {.name = {"pages", 5}, .type = TYPE_INT},
      {.name = {"spend", 5}, .type = TYPE_FLOAT, .missing = true},
      {.name = {"returning", 9}, .type = TYPE_BOOL, .missing = true},
      {.name = {"device", 6}, .type = TYPE_CATEGORY, .missing = true, .categories = devices, .category_count = 2},
  };
  return schema_new(&(SchemaSpec){id, 1, features, 1, columns, 4});
}

/* Every row of a table becomes a message, or has a reason why it does not. */
static void encode(const Table *table, const uint8_t *header, Messages *messages) {
  static const Span labels[] = {{"\"label\":\"no\",", 13}, {"\"label\":\"yes\",", 14}};
  Encoding encoding = {.model = SPAN("{\"name\":\"m\"}"),
                       .labels = labels,
                       .label_count = 2,
                       .has_threshold = true,
                       .threshold = 0.5,
                       .scored_at = SPAN("2026-01-02T03:04:05.000Z"),
                       .limit = header[0] & 1 ? 600 : 1 << 20,
                       .with_keys = header[0] & 2};
  float score;
  memcpy(&score, header, sizeof score);
  for (size_t row = 0; row < table->rows; row++) {
    size_t before = messages->count;
    Encoded encoded = encode_row(table, row, header, 1, &encoding, messages);
    EXPECT(encoded == ENCODED || messages->count == before);
    EXPECT(isfinite(score) ? encoded == ENCODED || encoded == TOO_LARGE : encoded == NOT_FINITE);
    if (encoded != ENCODED) continue;
    EXPECT(message_size(messages, before, encoding.with_keys) <= encoding.limit);
    EXPECT(message_body(messages, before).at[0] == '{');
  }
}

static void write_entries(const Messages *messages) {
  for (size_t i = 0; i < messages->count; i++) {
    size_t size = entry_size(messages, i);
    char *out = (char *)guarded(1, size);
    EXPECT(out && entry_write(out, messages, i) == out + size);
    EXPECT(out[0] == '{' && out[size - 1] == '}');
  }
}

static void take_all(const Envelopes *envelopes, const uint8_t *header, const Schema *schema) {
  Table tables[2];
  Taker taker;
  Messages messages = {0};
  for (int i = 0; i < 2; i++) table_init(&tables[i], schema);
  taker_init(&taker, &tables[0], &tables[1], header[1] / 255.0);
  size_t taken = 0;
  for (size_t i = 0; i < envelopes->count; i++) {
    Envelope envelope;
    if (envelopes_read(envelopes, i, &envelope)) taken += take_envelope(&taker, &envelope, i) == 0;
  }
  EXPECT(tables[0].rows + tables[1].rows == taken);
  for (int i = 0; i < 2; i++) encode(&tables[i], header, &messages);
  write_entries(&messages);
  messages_free(&messages);
  taker_free(&taker);
  for (int i = 0; i < 2; i++) table_free(&tables[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4 || size > 1 << 18) return 0;
  const uint8_t *event = guarded_copy(0, data + 4, size - 4);
  Schema *schema = schema_of_sessions();
  EXPECT(schema);
  Envelopes envelopes = {0};
  if (envelopes_scan(&envelopes, (const char *)event, size - 4) == 0) take_all(&envelopes, data, schema);
  envelopes_free(&envelopes);
  schema_free(schema);
  bool acknowledged = answer_acknowledges((const char *)event, size - 4, data[0] % 4);
  EXPECT(!acknowledged || data[0] % 4 > 0);
  return 0;
}
