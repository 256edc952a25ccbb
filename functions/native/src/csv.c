/* A line of CSV, as Python's csv module reads it with `strict`: scoring/events/csv_line.py. */
#include "schema_parts.h"

enum { MOST_FIELD = 131072 }; /* characters: the csv module's own limit; bytes are compared with it here */

typedef struct {
  const char *at, *end;
  bool last; /* the line ends behind the field that was read */
} Line;

static bool is_break(char byte) { return byte == '\n' || byte == '\r'; }

/* Whether nothing but line breaks follow. */
static bool only_breaks(const char *at, const char *end) {
  while (at < end && is_break(*at)) at++;
  return at == end;
}

/* Past what ends a field: a comma, or the line's end; false where it is something else. */
static bool end_field(Line *line) {
  line->last = line->at == line->end || is_break(*line->at);
  if (line->last) return only_breaks(line->at, line->end);
  return *line->at++ == ',';
}

/* A field in quotes, in which two quotes are one. */
static bool read_quoted(Line *line, Text *room, Span *field) {
  const char *first = ++line->at;
  room->size = 0;
  while (true) {
    const char *quote = line->at < line->end ? memchr(line->at, '"', (size_t)(line->end - line->at)) : NULL;
    if (!quote) return false;
    bool twice = quote + 1 < line->end && quote[1] == '"';
    text_put(room, first, (size_t)(quote + twice - first)); /* as much room was made as the line has */
    line->at = first = quote + 1 + twice;
    if (!twice) break;
  }
  *field = (Span){room->at, room->size};
  return end_field(line);
}

static bool read_field(Line *line, Text *room, Span *field) {
  if (line->at < line->end && *line->at == '"') return read_quoted(line, room, field);
  const char *first = line->at;
  while (line->at < line->end && *line->at != ',' && !is_break(*line->at)) line->at++;
  *field = (Span){first, (size_t)(line->at - first)};
  return end_field(line);
}

ScanResult csv_scan(const Schema *schema, Span payload, Scratch *scratch, void *row) {
  Line line = {payload.at, payload.at + payload.size, schema->columns == 0};
  if (payload.size == 0 || is_break(payload.at[0])) return SCAN_UNUSUAL; /* a line without fields */
  if (text_reserve(&scratch->text, payload.size) < 0) return SCAN_NO_MEMORY;
  for (size_t i = 0; i < schema->columns; i++) {
    const Feature *feature = &schema->features[i];
    Span field;
    if (line.last || !read_field(&line, &scratch->text, &field) || field.size > MOST_FIELD) return SCAN_UNUSUAL;
    uint32_t bits = field.size ? feature_text(feature, field) : feature_null(feature);
    if (bits == UNFIT) return SCAN_UNUSUAL;
    put_bits(row, i, bits);
  }
  return line.last ? SCAN_ROW : SCAN_UNUSUAL;
}
