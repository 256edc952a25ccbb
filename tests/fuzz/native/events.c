/* A Lambda event on its whole way: envelopes, rows of two tables, predictions, entries of a request. The input's first
 * four bytes are a score and choose the limits; the rest is the event's JSON. */
#include <math.h>

#include "answer.h"
#include "encode.h"
#include "envelopes.h"
#include "messages.h"
#include "table.h"
#include "take.h"
#include "target.h"

#define NO_WORDS {NO_CODE, NO_CODE, NO_CODE}

/* many: a record may hold several events. */
static Schema *schema_of_sessions(bool many) {
  static const Span id[] = {{"event_id", 8}}, features[] = {{"features", 8}};
  static const Span names[] = {{"pages", 5}, {"spend", 5}, {"returning", 9}, {"device", 6}};
  static const size_t slots[] = {0, 1, 2, 3};
  static const HolderSpec holder = {{features, 1}, names, 4};
  static const ScalarSpec devices[] = {{SCALAR_TEXT, {"desktop", 7}, 0}, {SCALAR_TEXT, {"mobile", 6}, 1}};
  static const FeatureSpec columns[] = {
      {.type = TYPE_INT},
      {.type = TYPE_FLOAT, .missing = true},
      {.type = TYPE_BOOL, .missing = true},
      {.type = TYPE_CATEGORY,
       .missing = true,
       .categories = {devices, 2, NO_WORDS},
       .missing_texts = {NULL, 0, NO_WORDS}},
  };
  return schema_new(&(SchemaSpec){.has_id = true,
                                  .many = many,
                                  .event_id = {id, 1},
                                  .holders = &holder,
                                  .holder_count = 1,
                                  .features = columns,
                                  .names = names,
                                  .slots = slots,
                                  .feature_count = 4});
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
    PutEntry entry = message_entry(messages, i);
    for (PutForm form = PUT_JSON; form <= PUT_CBOR; form++) {
      size_t size = put_entry_size(&entry, form);
      char *out = (char *)guarded(1, size);
      EXPECT(out && put_entry_write(out, &entry, form) == out + size);
      EXPECT(form == PUT_CBOR || (out[0] == '{' && out[size - 1] == '}'));
    }
  }
}

enum { SOURCES = 3 };

#define PATH(slot, text) [slot] = {text, sizeof text - 1}

/* The layouts of sources/: Kinesis, SQS with SNS inside, SNS. The last one is the one inside. */
static const Layout *layouts_of_sources(void) {
  static Layout layouts[SOURCES + 1];
  static const LayoutSpec specs[SOURCES + 1] = {
      {.paths = {PATH(CLAIM, "/eventSource"), PATH(PAYLOAD, "/kinesis/data"), PATH(ARN, "/eventSourceARN"),
                 PATH(SHARD, "/eventID"), PATH(POSITION, "/kinesis/sequenceNumber"),
                 PATH(PARTITION_KEY, "/kinesis/partitionKey"),
                 PATH(ARRIVED_AT, "/kinesis/approximateArrivalTimestamp")},
       .claim = {"aws:kinesis", 11},
       .type = {"kinesis", 7},
       .aggregate = {"\xf3\x89\x9a\xc2", 4},
       .base64 = true},
      {.paths = {PATH(CLAIM, "/eventSource"), PATH(PAYLOAD, "/body"), PATH(ARN, "/eventSourceARN"),
                 PATH(POSITION, "/messageId"), PATH(ARRIVED_AT, "/attributes/SentTimestamp")},
       .claim = {"aws:sqs", 7},
       .type = {"sqs", 3},
       .unit = MILLISECONDS_TEXT},
      {.paths = {PATH(CLAIM, "/EventSource"), PATH(PAYLOAD, "/Sns/Message"), PATH(ARN, "/Sns/TopicArn"),
                 PATH(POSITION, "/Sns/MessageId"), PATH(PARTITION_KEY, "/Sns/MessageAttributes/partition_key/Value"),
                 PATH(ARRIVED_AT, "/Sns/Timestamp")},
       .claim = {"aws:sns", 7},
       .type = {"sns", 3},
       .optional_key = true,
       .unit = RFC3339},
      {.paths = {PATH(CLAIM, "/Type"), PATH(PAYLOAD, "/Message"), PATH(ARN, "/TopicArn"), PATH(POSITION, "/MessageId"),
                 PATH(PARTITION_KEY, "/MessageAttributes/partition_key/Value"), PATH(ARRIVED_AT, "/Timestamp")},
       .claim = {"Notification", 12},
       .type = {"sns", 3},
       .optional_key = true,
       .unit = RFC3339},
  };
  for (int i = 0; i <= SOURCES; i++) EXPECT(layout_init(&layouts[i], &specs[i]) == NULL);
  layouts[1].inner = &layouts[SOURCES];
  return layouts;
}

/* An envelope that was read by the skeleton of another one is read alike by itself. */
static void read_alone(const Envelopes *envelopes, size_t i) {
  Place whole = envelopes->envelope[i].whole;
  Cursor cursor = {envelopes->event + whole.at, envelopes->event + whole.at + whole.size};
  Envelope together, alone;
  EnvelopeReader reader;
  envelope_reader_init(&reader, envelopes->layout);
  bool ordinary = envelopes_get(envelopes, i, &together);
  EnvelopeKind kind = envelope_read(&reader, &cursor, &alone);
  EXPECT(kind == (ordinary ? ENVELOPE_ORDINARY : ENVELOPE_ODD) && cursor.at == cursor.end);
  if (!ordinary) return;
  EXPECT(alone.escaped == together.escaped && alone.arrived_at == together.arrived_at);
  for (int text = 0; text < TEXTS; text++) {
    EXPECT(alone.texts[text].at == together.texts[text].at && alone.texts[text].size == together.texts[text].size);
  }
}

static void take_all(const Envelopes *envelopes, const uint8_t *header, const Schema *schema) {
  Table tables[2];
  Taker taker;
  Messages messages = {0};
  for (int i = 0; i < 2; i++) table_init(&tables[i], schema);
  taker_init(&taker, envelopes, SPAN("model"), &tables[0], &tables[1], header[1] / 255.0);
  for (size_t i = 0; i < envelopes->count; i++) {
    read_alone(envelopes, i);
    size_t before = tables[0].rows + tables[1].rows;
    int answer = take_envelope(&taker, i);
    size_t added = tables[0].rows + tables[1].rows - before;
    EXPECT(answer == 0 ? added > 0 || schema_many(schema) : added == 0);
  }
  for (int i = 0; i < 2; i++) encode(&tables[i], header, &messages);
  write_entries(&messages);
  messages_free(&messages);
  taker_free(&taker);
  for (int i = 0; i < 2; i++) table_free(&tables[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4 || size > 1 << 18) return 0;
  const uint8_t *event = guarded_copy(0, data + 4, size - 4);
  Schema *schema = schema_of_sessions(data[0] & 4);
  EXPECT(schema);
  Envelopes envelopes = {0};
  if (envelopes_scan(&envelopes, (const char *)event, size - 4, layouts_of_sources(), SOURCES) == 0) {
    take_all(&envelopes, data, schema);
  }
  envelopes_free(&envelopes);
  schema_free(schema);
  bool acknowledged = answer_acknowledges((const char *)event, size - 4, data[0] % 4);
  EXPECT(!acknowledged || data[0] % 4 > 0);
  return 0;
}
