/* The rows that one variant scores, side by side: a float32 matrix, and the texts of each row in one buffer. */
#ifndef NATIVE_TABLE_H
#define NATIVE_TABLE_H

#include "schema.h"
#include "text.h"

/* What a prediction has of a row in addition to its scores. */
typedef struct {
  Span prediction_id; /* hexadecimal */
  Span event_id;      /* JSON text; empty: there is none */
  Span passthrough;   /* JSON text; empty: there is none */
  Span source;        /* JSON text */
  Span key;           /* UTF-8 */
} RowTexts;

#define NO_INDEX SIZE_MAX

/* Where in a batch an event is. */
typedef struct {
  size_t origin;      /* the caller's number of its envelope */
  size_t subsequence; /* of its record among those of an aggregate; NO_INDEX: the envelope holds one record */
  size_t index;       /* among the events of its record; NO_INDEX: the record is the event */
} EventPlace;

typedef struct {
  size_t at; /* where its texts begin in the buffer, one after the other */
  size_t id_size, event_id_size, passthrough_size, source_size, key_size;
  EventPlace place;
} Row;

typedef struct {
  const Schema *schema;
  size_t columns;
  size_t rows;
  size_t room;   /* rows that `matrix` holds */
  float *matrix; /* row-major */
  Row *row;
  size_t row_room;
  Text texts;
  size_t expected;  /* rows that are to come, more or less: room is made for all of them at once */
  uint64_t ignored; /* members outside of the features that the manifest does not know */
  uint64_t ignored_events;
  Scratch scratch;
} Table;

/* An empty table; the schema must outlive it. */
void table_init(Table *table, const Schema *schema);

void table_free(Table *table);

/* The place of the next row's features; NULL where there is no memory. */
float *table_next(Table *table);

/* Make a row of what is at table_next: 0, or -1 where there is no memory, and then nothing is added. No text may be
 * one of the table's own. */
int table_push(Table *table, const RowTexts *texts, size_t ignored, EventPlace place);

/* Decode a payload into a row; the texts of the event are taken from it. SCAN_IGNORED is counted. Nothing is added
 * unless it is SCAN_ROW. */
ScanResult table_add(Table *table, RowTexts texts, Span payload, EventPlace place);

/* The same for the next event of a record that may hold several; its index in `place` is of no matter. */
ScanResult table_add_next(Table *table, RowTexts texts, Split *split, EventPlace place, bool *done);

/* What a table holds, to go back to. */
typedef struct {
  size_t rows, texts_size;
  uint64_t ignored, ignored_events;
} TableMark;

TableMark table_mark(const Table *table);
void table_return(Table *table, const TableMark *mark);

/* The texts of a row, valid until something is added. */
RowTexts table_texts(const Table *table, size_t row);

#endif
