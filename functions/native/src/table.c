#include "table.h"

#include <stdlib.h>

void table_init(Table *table, const Schema *schema) {
  *table = (Table){.schema = schema, .columns = schema_columns(schema)};
}

void table_free(Table *table) {
  free(table->matrix);
  free(table->row);
  text_free(&table->texts);
  scratch_free(&table->scratch);
}

/* How many rows to have room for. */
static size_t wanted_rows(const Table *table) {
  size_t more = table->expected > 64 ? table->expected : 64;
  return more < SIZE_MAX - table->rows ? table->rows + more : SIZE_MAX;
}

/* Room for a row's texts; for the first one's, as much for those that are expected, and a little more. */
static int reserve_texts(Table *table, size_t size) {
  size_t all;
  if (table->texts.at == NULL && table->expected > 1 &&
      !__builtin_mul_overflow(size + size / 16, table->expected, &all) && text_reserve(&table->texts, all) == 0) {
    return 0;
  }
  return text_reserve(&table->texts, size);
}

float *table_next(Table *table) {
  if (table->rows == table->room || table->matrix == NULL) {
    size_t size = table->columns;
    if (size > SIZE_MAX / sizeof(float)) return NULL;
    void *block = table->matrix;
    /* A model without features has rows of no bytes: one byte each then, as malloc(0) may give NULL. */
    if (grow(&block, &table->room, wanted_rows(table), size ? size * sizeof(float) : 1) < 0) return NULL;
    table->matrix = block;
  }
  return table->matrix + table->rows * table->columns;
}

int table_push(Table *table, const RowTexts *texts, size_t ignored, EventPlace place) {
  size_t size = texts->prediction_id.size;
  if (!size_add(&size, texts->event_id.size) || !size_add(&size, texts->passthrough.size) ||
      !size_add(&size, texts->source.size) || !size_add(&size, texts->key.size) || size == SIZE_MAX ||
      reserve_texts(table, size) < 0) {
    return -1;
  }
  if (table->rows == table->row_room) {
    void *block = table->row;
    if (grow(&block, &table->row_room, wanted_rows(table), sizeof(Row)) < 0) return -1;
    table->row = block;
  }
  table->row[table->rows++] = (Row){
      .at = table->texts.size,
      .id_size = texts->prediction_id.size,
      .event_id_size = texts->event_id.size,
      .passthrough_size = texts->passthrough.size,
      .source_size = texts->source.size,
      .key_size = texts->key.size,
      .place = place,
  };
  text_put(&table->texts, texts->prediction_id.at, texts->prediction_id.size);
  text_put(&table->texts, texts->event_id.at, texts->event_id.size);
  text_put(&table->texts, texts->passthrough.at, texts->passthrough.size);
  text_put(&table->texts, texts->source.at, texts->source.size);
  text_put(&table->texts, texts->key.at, texts->key.size);
  table->ignored += ignored;
  return 0;
}

/* What became of an event that was scanned into the next row. */
static ScanResult finish(Table *table, ScanResult result, RowTexts texts, const Scanned *scanned, EventPlace place) {
  table->ignored_events += result == SCAN_IGNORED;
  if (result != SCAN_ROW) return result;
  texts.event_id = scanned->event_id;
  texts.passthrough = scanned->passthrough;
  return table_push(table, &texts, scanned->ignored, place) < 0 ? SCAN_NO_MEMORY : SCAN_ROW;
}

ScanResult table_add(Table *table, RowTexts texts, Span payload, EventPlace place) {
  float *row = table_next(table);
  if (row == NULL) return SCAN_NO_MEMORY;
  Scanned scanned;
  ScanResult result = schema_scan(table->schema, payload, &table->scratch, row, &scanned);
  return finish(table, result, texts, &scanned, place);
}

ScanResult table_add_next(Table *table, RowTexts texts, Split *split, EventPlace place, bool *done) {
  float *row = table_next(table);
  if (row == NULL) return SCAN_NO_MEMORY;
  Scanned scanned;
  ScanResult result = schema_scan_next(table->schema, split, &table->scratch, row, &scanned, done);
  place.index = split->number - 1;
  return *done ? result : finish(table, result, texts, &scanned, place);
}

TableMark table_mark(const Table *table) {
  return (TableMark){table->rows, table->texts.size, table->ignored, table->ignored_events};
}

void table_return(Table *table, const TableMark *mark) {
  table->rows = mark->rows;
  table->texts.size = mark->texts_size;
  table->ignored = mark->ignored;
  table->ignored_events = mark->ignored_events;
}

RowTexts table_texts(const Table *table, size_t i) {
  const Row *row = &table->row[i];
  RowTexts texts;
  texts.prediction_id = (Span){table->texts.at + row->at, row->id_size};
  texts.event_id = (Span){texts.prediction_id.at + row->id_size, row->event_id_size};
  texts.passthrough = (Span){texts.event_id.at + row->event_id_size, row->passthrough_size};
  texts.source = (Span){texts.passthrough.at + row->passthrough_size, row->source_size};
  texts.key = (Span){texts.source.at + row->source_size, row->key_size};
  return texts;
}
