/* The events of a record that holds several: JSON lines, an array's items, or the rows of a request. */
#include "schema_parts.h"
#include "utf8.h"

static const uint8_t *address(Span whole, size_t at) { return (const uint8_t *)whole.at + at; }

static size_t skip_to(Span whole, size_t at) {
  const uint8_t *end = address(whole, whole.size);
  return (size_t)(skip_space(address(whole, at), end) - address(whole, 0));
}

ScanResult schema_split(const Schema *schema, Span payload, Scratch *scratch, Split *split) {
  *split = (Split){.kind = SPLIT_LINES, .whole = payload};
  if (schema->format == FORMAT_CSV) return SCAN_ROW;
  if (schema->format == FORMAT_OPEN_INFERENCE) {
    split->kind = SPLIT_ROWS;
    if (!utf8_valid(address(payload, 0), payload.size)) return SCAN_UNUSUAL;
    json_begin(&scratch->json);
    ScanResult result = tensors_read(schema, payload, scratch, &split->rows);
    return result == SCAN_UNUSUAL && scratch->json.no_memory ? SCAN_NO_MEMORY : result;
  }
  size_t start = skip_to(payload, 0);
  if (start == payload.size || payload.at[start] != '[') return SCAN_ROW;
  if (schema->format == FORMAT_VECTOR) { /* an event is an array itself */
    size_t inside = skip_to(payload, start + 1);
    if (inside == payload.size || payload.at[inside] != '[') return SCAN_ROW;
  }
  split->kind = SPLIT_ITEMS;
  split->at = start + 1;
  return utf8_valid(address(payload, 0), payload.size) ? SCAN_ROW : SCAN_UNUSUAL;
}

/* As bytes.strip in Python. */
static bool is_blank(Span line) {
  for (size_t i = 0; i < line.size; i++) {
    if (line.at[i] != ' ' && (line.at[i] < '\t' || line.at[i] > '\r')) return false;
  }
  return true;
}

/* The next line that is not blank; false where there is none. */
static bool next_line(Split *split, Span *line) {
  while (split->at < split->whole.size) {
    const char *first = split->whole.at + split->at;
    size_t left = split->whole.size - split->at;
    const char *end = memchr(first, '\n', left);
    size_t size = end ? (size_t)(end - first) : left;
    split->at += size + (end != NULL);
    *line = (Span){first, end && size && first[size - 1] == '\r' ? size - 1 : size};
    if (!is_blank(*line)) return true;
  }
  return false;
}

/* The next item of the array: SCAN_ROW, or SCAN_UNUSUAL where it is broken. */
static ScanResult next_item(Split *split, Scratch *scratch, Span *item, bool *done) {
  const uint8_t *end = address(split->whole, split->whole.size);
  const uint8_t *at = skip_space(address(split->whole, split->at), end);
  if (split->number > 0) {
    if (next_is(at, end, ']')) return *done = true, skip_space(at + 1, end) == end ? SCAN_ROW : SCAN_UNUSUAL;
    if (!next_is(at, end, ',')) return SCAN_UNUSUAL;
    at = skip_space(at + 1, end);
  }
  json_begin(&scratch->json);
  Reading reading = {.end = end, .size = split->whole.size};
  const uint8_t *behind = json_value(&scratch->json, at, &reading);
  if (!behind) return scratch->json.no_memory ? SCAN_NO_MEMORY : SCAN_UNUSUAL;
  *item = (Span){(const char *)at, (size_t)(behind - at)};
  split->at = (size_t)(behind - address(split->whole, 0));
  return SCAN_ROW;
}

ScanResult schema_scan_next(const Schema *schema, Split *split, Scratch *scratch, void *row, Scanned *scanned,
                            bool *done) {
  Span event;
  *done = false;
  if (split->kind == SPLIT_ROWS) {
    if ((*done = split->number == split->rows)) return SCAN_ROW;
    *scanned = (Scanned){0};
    return tensors_scan(schema, scratch, split->number++, row, scanned);
  }
  if (split->kind == SPLIT_ITEMS) {
    ScanResult result = next_item(split, scratch, &event, done);
    if (result != SCAN_ROW || *done) return result;
  } else if (!next_line(split, &event)) {
    *done = true;
    return split->number > 0 ? SCAN_ROW : SCAN_UNUSUAL; /* at least one event is expected */
  }
  split->number++;
  return schema_scan(schema, event, scratch, row, scanned);
}
