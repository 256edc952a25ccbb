#include "encode.h"

#include <math.h>

#include "decimal.h"
#include "timestamp.h"

enum { MEMBER_NAMES = 160 }; /* bytes of them, or more */

static float score_at(const void *scores, size_t i) {
  float score;
  memcpy(&score, (const char *)scores + i * sizeof score, sizeof score);
  return score;
}

/* The label's place; `label_count` where there is none. */
static size_t label_of(const Encoding *encoding, const void *scores, size_t classes) {
  if (encoding->label_count == 0) return 0;
  if (classes == 1) {
    if (!encoding->has_threshold) return encoding->label_count;
    return (double)score_at(scores, 0) >= encoding->threshold ? 1 : 0;
  }
  size_t likeliest = 0;
  for (size_t i = 1; i < classes; i++) {
    if (score_at(scores, i) > score_at(scores, likeliest)) likeliest = i;
  }
  return likeliest;
}

static void put_scores(Text *out, const void *scores, size_t classes, const Span *names) {
  if (names != NULL) {
    text_put(out, ",\"scores\":{", 11);
  } else if (classes == 1) {
    text_put(out, ",\"score\":", 9);
  } else {
    text_put(out, ",\"scores\":[", 11);
  }
  for (size_t i = 0; i < classes; i++) {
    if (i) text_put(out, ",", 1);
    if (names != NULL) text_put(out, names[i].at, names[i].size);
    out->size = (size_t)(decimal_write(out->at + out->size, score_at(scores, i)) - out->at);
  }
  if (names != NULL) {
    text_put(out, "}", 1);
  } else if (classes != 1) {
    text_put(out, "]", 1);
  }
}

/* More than the message can need; false where size_t cannot hold it. */
static bool most_bytes(const RowTexts *texts, size_t key_in_json, size_t classes, Span label, const Encoding *encoding,
                       size_t *size) {
  size_t scores;
  *size = key_in_json;
  return !__builtin_mul_overflow(classes, (size_t)DECIMAL_ROOM + 1, &scores) && size_add(size, scores) &&
         size_add(size, MEMBER_NAMES) && size_add(size, encoding->names_size) &&
         size_add(size, texts->prediction_id.size) && size_add(size, texts->event_id.size) &&
         size_add(size, encoding->attributions.size) && size_add(size, texts->passthrough.size) &&
         size_add(size, texts->source.size) && size_add(size, texts->key.size) &&
         size_add(size, encoding->model.size) && size_add(size, label.size) && size_add(size, encoding->scored_at.size);
}

int encode_reserve(const Table *table, size_t classes, const Encoding *encoding, Messages *messages) {
  size_t room = 0;
  if (table->rows == 0) return 0;
  RowTexts none = {{0}, {0}, {0}, {0}, {0}};
  Span label = encoding->label_count ? encoding->labels[0] : SPAN("");
  bool fits =
      most_bytes(&none, 0, classes, label, encoding, &room) && !__builtin_mul_overflow(room, table->rows, &room);
  /* A key is there twice: in the prediction and as the message's own. */
  for (size_t i = 0; fits && i < table->rows; i++) fits = size_add(&room, table->row[i].key_size);
  return fits && size_add(&room, table->texts.size) ? messages_reserve(messages, table->rows, room) : -1;
}

static void put_span(Text *out, Span span) { text_put(out, span.at, span.size); }

/* A member with a comma behind it, where it has a value. */
static void put_member(Text *out, Span name, Span value) {
  if (value.size == 0) return;
  put_span(out, name);
  put_span(out, value);
  put_span(out, SPAN(","));
}

/* A text in JSON, of which the size there is known. */
static void put_escaped(Text *out, Span text, size_t size) {
  if (size == text.size) {
    put_span(out, text);
  } else {
    out->size = (size_t)(json_escape(out->at + out->size, text) - out->at);
  }
}

/* The arrival is the last member of a source, and as long in each. */
static void put_source(Text *out, Span source, bool compact) {
  const size_t arrival = sizeof "\"arrived_at\":\"\"}" - 1 + TIMESTAMP_SIZE;
  if (compact && source.size > arrival) {
    put_span(out, SPAN("{"));
    source = (Span){source.at + source.size - arrival, arrival};
  }
  put_span(out, source);
}

Encoded encode_row(const Table *table, size_t row, const void *scores, size_t classes, const Encoding *encoding,
                   Messages *messages) {
  for (size_t i = 0; i < classes; i++) {
    if (!isfinite(score_at(scores, i))) return NOT_FINITE;
  }
  RowTexts texts = table_texts(table, row);
  size_t place = label_of(encoding, scores, classes), room;
  Span label = place < encoding->label_count ? encoding->labels[place] : SPAN("");
  size_t key_size = json_plain(texts.key) ? texts.key.size : json_escaped_size(texts.key);
  Text *out = &messages->texts;
  if (!most_bytes(&texts, key_size, classes, label, encoding, &room) || text_reserve(out, room) < 0) return NO_MEMORY;

  size_t at = out->size;
  put_span(out, texts.key);
  put_span(out, SPAN("{"));
  if (!encoding->compact) put_span(out, SPAN("\"schema_version\":2,"));
  put_span(out, SPAN("\"prediction_id\":\""));
  put_span(out, texts.prediction_id);
  put_span(out, SPAN("\","));
  put_member(out, SPAN("\"event_id\":"), texts.event_id);
  if (encoding->key_inside) {
    put_span(out, SPAN("\"partition_key\":\""));
    put_escaped(out, texts.key, key_size);
    put_span(out, SPAN("\","));
  }
  put_span(out, SPAN("\"model\":"));
  put_span(out, encoding->model);
  put_scores(out, scores, classes, encoding->names);
  put_span(out, SPAN(","));
  put_span(out, label);
  put_span(out, encoding->attributions);
  put_member(out, SPAN("\"passthrough\":"), texts.passthrough);
  put_span(out, SPAN("\"source\":"));
  put_source(out, texts.source, encoding->compact);
  put_span(out, SPAN(",\"scored_at\":\""));
  put_span(out, encoding->scored_at);
  put_span(out, SPAN("\"}"));

  size_t counted = out->size - at - (encoding->with_keys ? 0 : texts.key.size);
  Encoded answer = counted > encoding->limit ? TOO_LARGE : ENCODED;
  if (answer == ENCODED && messages_push(messages, at, texts.key.size) < 0) answer = NO_MEMORY;
  if (answer != ENCODED) out->size = at;
  return answer;
}
