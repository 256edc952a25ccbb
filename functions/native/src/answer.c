#include "answer.h"

#include "cbor.h"
#include "strict.h"

/* A text without escapes, which is what AWS writes. */
static bool plain_text(Cursor *cursor, Span *text) {
  bool escaped;
  strict_space(cursor);
  return strict_string(cursor, text, &escaped) && !escaped;
}

/* A member's name, with its colon. */
static bool member(Cursor *cursor, Span *name) { return plain_text(cursor, name) && strict_character(cursor, ':'); }

/* One entry of `Records`: a sequence number, once, and no error; what else there is, is text or null. */
static bool taken(Cursor *cursor) {
  bool numbered = false;
  if (!strict_character(cursor, '{')) return false;
  do {
    Span name, value;
    if (!member(cursor, &name)) return false;
    if (strict_word(cursor, SPAN("null"))) continue;
    if (span_equal(name, SPAN("ErrorCode")) || span_equal(name, SPAN("ErrorMessage"))) return false;
    if (!plain_text(cursor, &value)) return false;
    if (span_equal(name, SPAN("SequenceNumber"))) {
      if (numbered || value.size == 0) return false;
      numbered = true;
    }
  } while (strict_character(cursor, ','));
  return numbered && strict_character(cursor, '}');
}

static bool all_taken(Cursor *cursor, size_t count) {
  if (!strict_character(cursor, '[')) return false;
  for (size_t i = 0; i < count; i++) {
    if ((i > 0 && !strict_character(cursor, ',')) || !taken(cursor)) return false;
  }
  return strict_character(cursor, ']');
}

static bool json_acknowledges(const char *answer, size_t size, size_t count) {
  Cursor cursor = {answer, answer + size};
  bool records = false, failures = false;
  if (count == 0 || !strict_character(&cursor, '{')) return false;
  do {
    Span name, value;
    if (!member(&cursor, &name)) return false;
    if (span_equal(name, SPAN("Records"))) {
      if (records || !all_taken(&cursor, count)) return false;
      records = true;
    } else if (span_equal(name, SPAN("FailedRecordCount"))) {
      if (failures || !strict_word(&cursor, SPAN("0"))) return false;
      failures = true;
    } else if (!plain_text(&cursor, &value)) {
      return false;
    }
  } while (strict_character(&cursor, ','));
  return records && strict_character(&cursor, '}') && cursor.at == cursor.end;
}

/* The rest of an answer in CBOR. */
typedef struct {
  const uint8_t *at, *end;
} Rest;

enum { BREAK = 0xFF, NULL_VALUE = 0xF6, INDEFINITE = 31 };

static bool next_is(Rest *rest, uint8_t byte) {
  if (rest->at == rest->end || *rest->at != byte) return false;
  rest->at++;
  return true;
}

/* The number in the head of an item of that type; SIZE_MAX for one that a break ends. */
static bool head(Rest *rest, CborType type, size_t *number) {
  if (rest->at == rest->end || *rest->at >> 5 != (int)type) return false;
  unsigned low = *rest->at++ & 31, width = low < 24 ? 0 : 1U << (low - 24);
  if (low == INDEFINITE) {
    *number = SIZE_MAX;
    return type == CBOR_ARRAY || type == CBOR_MAP;
  }
  if (low > 27 || (size_t)(rest->end - rest->at) < width) return false;
  uint64_t value = low;
  if (width) value = 0;
  for (unsigned byte = 0; byte < width; byte++) value = value << 8 | *rest->at++;
  *number = (size_t)value;
  return value < SIZE_MAX;
}

/* Whether one more item of an array or map follows, `done` of `count` being behind. */
static bool one_more(Rest *rest, size_t count, size_t done) {
  return count == SIZE_MAX ? !next_is(rest, BREAK) : done < count;
}

/* A text in ASCII, which is what AWS writes. */
static bool cbor_text(Rest *rest, Span *text) {
  size_t size;
  if (!head(rest, CBOR_TEXT, &size) || (size_t)(rest->end - rest->at) < size) return false;
  *text = (Span){(const char *)rest->at, size};
  rest->at += size;
  return json_plain(*text);
}

/* As `taken`, in CBOR. */
static bool cbor_taken(Rest *rest) {
  size_t members;
  bool numbered = false;
  if (!head(rest, CBOR_MAP, &members)) return false;
  for (size_t i = 0; one_more(rest, members, i); i++) {
    Span name, value;
    if (!cbor_text(rest, &name)) return false;
    if (next_is(rest, NULL_VALUE)) continue;
    if (span_equal(name, SPAN("ErrorCode")) || span_equal(name, SPAN("ErrorMessage"))) return false;
    if (!cbor_text(rest, &value)) return false;
    if (span_equal(name, SPAN("SequenceNumber"))) {
      if (numbered || value.size == 0) return false;
      numbered = true;
    }
  }
  return numbered;
}

static bool cbor_all_taken(Rest *rest, size_t count) {
  size_t entries, found = 0;
  if (!head(rest, CBOR_ARRAY, &entries)) return false;
  for (; one_more(rest, entries, found); found++) {
    if (found == count || !cbor_taken(rest)) return false;
  }
  return found == count;
}

static bool cbor_acknowledges(const char *answer, size_t size, size_t count) {
  Rest rest = {(const uint8_t *)answer, (const uint8_t *)answer + size};
  size_t members;
  bool records = false, failures = false;
  if (!head(&rest, CBOR_MAP, &members)) return false;
  for (size_t i = 0; one_more(&rest, members, i); i++) {
    Span name, value;
    if (!cbor_text(&rest, &name)) return false;
    if (span_equal(name, SPAN("Records"))) {
      if (records || !cbor_all_taken(&rest, count)) return false;
      records = true;
    } else if (span_equal(name, SPAN("FailedRecordCount"))) {
      if (failures || !next_is(&rest, 0)) return false;
      failures = true;
    } else if (!next_is(&rest, NULL_VALUE) && !cbor_text(&rest, &value)) {
      return false;
    }
  }
  return records && rest.at == rest.end;
}

bool answer_acknowledges(const char *answer, size_t size, size_t count) {
  if (size == 0 || count == 0) return false;
  bool in_cbor = (uint8_t)answer[0] >> 5 == CBOR_MAP;
  return in_cbor ? cbor_acknowledges(answer, size, count) : json_acknowledges(answer, size, count);
}
