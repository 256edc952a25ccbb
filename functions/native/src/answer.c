#include "answer.h"

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

bool answer_acknowledges(const char *answer, size_t size, size_t count) {
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
