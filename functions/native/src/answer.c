#include "answer.h"

#include <string.h>

/* What is still to be read. Every step checks for the end, and none goes back. */
typedef struct {
  const uint8_t *at, *end;
} Reader;

typedef struct {
  const uint8_t *at;
  size_t size;
} Text;

static void skip_space(Reader *reader) {
  while (reader->at < reader->end &&
         (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
    reader->at++;
}

static int next_is(Reader *reader, char wanted) {
  skip_space(reader);
  if (reader->at == reader->end || *reader->at != (uint8_t)wanted) return 0;
  reader->at++;
  return 1;
}

/* A string of printable ASCII without escapes, which is what AWS writes. */
static int text(Reader *reader, Text *found) {
  if (!next_is(reader, '"')) return 0;
  found->at = reader->at;
  while (reader->at < reader->end && *reader->at != '"') {
    if (*reader->at < 0x20 || *reader->at > 0x7e || *reader->at == '\\') return 0;
    reader->at++;
  }
  if (reader->at == reader->end) return 0;
  found->size = (size_t)(reader->at - found->at);
  reader->at++;
  return 1;
}

static int is(const Text *found, const char *name) {
  return found->size == strlen(name) && memcmp(found->at, name, found->size) == 0;
}

static int word(Reader *reader, const char *wanted) {
  size_t size = strlen(wanted);
  skip_space(reader);
  if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, wanted, size) != 0) return 0;
  reader->at += size;
  return 1;
}

/* One entry of `Records`: a sequence number, once, and no error; what else there is, is text or null. */
static int taken(Reader *reader) {
  int numbered = 0;
  if (!next_is(reader, '{')) return 0;
  do {
    Text name, value;
    if (!text(reader, &name) || !next_is(reader, ':')) return 0;
    if (word(reader, "null")) continue;
    if (is(&name, "ErrorCode") || is(&name, "ErrorMessage") || !text(reader, &value)) return 0;
    if (is(&name, "SequenceNumber")) {
      if (numbered || value.size == 0) return 0;
      numbered = 1;
    }
  } while (next_is(reader, ','));
  return numbered && next_is(reader, '}');
}

static int all_taken(Reader *reader, size_t count) {
  if (!next_is(reader, '[')) return 0;
  for (size_t i = 0; i < count; i++)
    if ((i > 0 && !next_is(reader, ',')) || !taken(reader)) return 0;
  return next_is(reader, ']');
}

int answer_acknowledges(const uint8_t *answer, size_t size, size_t count) {
  Reader reader = {answer, answer + size};
  int records = 0, failures = 0;
  if (count == 0 || !next_is(&reader, '{')) return 0;
  do {
    Text name, value;
    if (!text(&reader, &name) || !next_is(&reader, ':')) return 0;
    if (is(&name, "Records")) {
      if (records++ || !all_taken(&reader, count)) return 0;
    } else if (is(&name, "FailedRecordCount")) {
      if (failures++ || !word(&reader, "0")) return 0;
    } else if (!text(&reader, &value)) {
      return 0;
    }
  } while (next_is(&reader, ','));
  if (!records || !next_is(&reader, '}')) return 0;
  skip_space(&reader);
  return reader.at == reader.end;
}
