#include "envelope.h"

#include <math.h>
#include <stdlib.h>

#include "number.h"
#include "strict.h"

enum { UNUSUAL = 1 };

void envelopes_free(Envelopes *envelopes) {
  free(envelopes->record);
  *envelopes = (Envelopes){0};
}

static Place place_of(const Envelopes *envelopes, Span span) {
  return (Place){(uint32_t)(span.at - envelopes->event), (uint32_t)span.size};
}

static Span span_of(const Envelopes *envelopes, Place place) { return (Span){envelopes->event + place.at, place.size}; }

/* The next member's name, after `{` or a comma; a name with escapes could be any other, and is refused. */
static bool member_name(Cursor *cursor, Span *name) {
  bool escaped;
  strict_space(cursor);
  return strict_string(cursor, name, &escaped) && !escaped && strict_character(cursor, ':');
}

/* After a value: whether another one follows, until `close`. */
static bool another(Cursor *cursor, char close, bool *more) {
  *more = strict_character(cursor, ',');
  return *more || strict_character(cursor, close);
}

/* Whether an object or array just opened holds anything. */
static bool filled(Cursor *cursor, char close) {
  Cursor ahead = *cursor;
  if (!strict_character(&ahead, close)) return true;
  *cursor = ahead;
  return false;
}

/* What is known of a record so far. */
typedef struct {
  EnvelopePlaces places;
  bool usual;         /* no member that matters came twice, with escapes, or as another type */
  bool kinesis;       /* `eventSource` says so */
  unsigned int found; /* members that matter, a bit each */
} Reading;

enum { DATA = 1, KEY = 2, SEQUENCE = 4, ARRIVED = 8, BODY = 16, SOURCE = 32, ARN = 64, EVENT_ID = 128, ALL = 255 };

static void note(Reading *reading, unsigned int member) {
  if (reading->found & member) reading->usual = false;
  reading->found |= member;
}

/* The value of a member that should be a text. */
static bool text_member(const Envelopes *envelopes, Cursor *cursor, Reading *reading, unsigned int member,
                        Place *place) {
  Span text;
  bool escaped;
  note(reading, member);
  if (cursor->at == cursor->end || *cursor->at != '"') {
    reading->usual = false;
    return strict_value(cursor);
  }
  if (!strict_string(cursor, &text, &escaped)) return false;
  if (escaped) reading->usual = false;
  *place = place_of(envelopes, text);
  return true;
}

/* The instant of arrival: a number that is no rare one. */
static bool arrival(Cursor *cursor, Reading *reading) {
  Number number;
  note(reading, ARRIVED);
  const uint8_t *end = number_read((const uint8_t *)cursor->at, (const uint8_t *)cursor->end, &number);
  if (end == NULL) {
    reading->usual = false;
    return strict_value(cursor);
  }
  cursor->at = (const char *)end;
  reading->places.arrived_at = number.value;
  return true;
}

static bool body_member(const Envelopes *envelopes, Cursor *cursor, Span name, Reading *reading) {
  EnvelopePlaces *places = &reading->places;
  if (span_equal(name, SPAN("data"))) return text_member(envelopes, cursor, reading, DATA, &places->data);
  if (span_equal(name, SPAN("partitionKey"))) return text_member(envelopes, cursor, reading, KEY, &places->key);
  if (span_equal(name, SPAN("sequenceNumber"))) {
    return text_member(envelopes, cursor, reading, SEQUENCE, &places->sequence);
  }
  if (span_equal(name, SPAN("approximateArrivalTimestamp"))) return arrival(cursor, reading);
  return strict_value(cursor);
}

/* The object under `kinesis`. */
static bool read_body(const Envelopes *envelopes, Cursor *cursor, Reading *reading) {
  note(reading, BODY);
  if (cursor->at == cursor->end || *cursor->at != '{') {
    reading->usual = false;
    return strict_value(cursor);
  }
  cursor->at++;
  Span name;
  bool more = filled(cursor, '}');
  while (more) {
    if (!member_name(cursor, &name) || !body_member(envelopes, cursor, name, reading)) return false;
    if (!another(cursor, '}', &more)) return false;
  }
  return true;
}

/* `eventSource` decides for the whole event, so nothing unusual is let pass. */
static bool read_source(Cursor *cursor, Reading *reading) {
  Span source;
  bool escaped;
  if (reading->kinesis || !strict_string(cursor, &source, &escaped)) return false;
  reading->kinesis = !escaped && span_equal(source, SPAN("aws:kinesis"));
  reading->found |= SOURCE;
  return reading->kinesis;
}

static bool record_member(const Envelopes *envelopes, Cursor *cursor, Span name, Reading *reading) {
  EnvelopePlaces *places = &reading->places;
  if (span_equal(name, SPAN("kinesis"))) return read_body(envelopes, cursor, reading);
  if (span_equal(name, SPAN("eventSource"))) return read_source(cursor, reading);
  if (span_equal(name, SPAN("eventID"))) return text_member(envelopes, cursor, reading, EVENT_ID, &places->event_id);
  if (span_equal(name, SPAN("eventSourceARN"))) return text_member(envelopes, cursor, reading, ARN, &places->arn);
  return strict_value(cursor);
}

static bool read_record(const Envelopes *envelopes, Cursor *cursor, EnvelopePlaces *places) {
  strict_space(cursor);
  const char *start = cursor->at;
  Reading reading = {.usual = true};
  if (cursor->at == cursor->end || *cursor->at++ != '{') return false;
  Span name;
  bool more = filled(cursor, '}');
  const char *end = cursor->at;
  while (more) {
    if (!member_name(cursor, &name) || !record_member(envelopes, cursor, name, &reading)) return false;
    strict_space(cursor);
    end = cursor->at + 1; /* if it is the brace */
    if (!another(cursor, '}', &more)) return false;
  }
  reading.places.whole = place_of(envelopes, (Span){start, (size_t)(end - start)});
  if (!reading.usual || reading.found != ALL) reading.places.arrived_at = NAN;
  *places = reading.places;
  return reading.kinesis;
}

static int read_records(Envelopes *envelopes, Cursor *cursor) {
  if (!strict_character(cursor, '[')) return UNUSUAL;
  bool more = true; /* an event without records is none of Kinesis */
  while (more) {
    if (envelopes->count == envelopes->room) {
      void *block = envelopes->record;
      if (grow(&block, &envelopes->room, envelopes->count + 64, sizeof(EnvelopePlaces)) < 0) return -1;
      envelopes->record = block;
    }
    if (!read_record(envelopes, cursor, &envelopes->record[envelopes->count])) return UNUSUAL;
    envelopes->count++;
    if (!another(cursor, ']', &more)) return UNUSUAL;
  }
  return 0;
}

int envelopes_scan(Envelopes *envelopes, const char *event, size_t size) {
  Cursor cursor = {event, event + size};
  envelopes->event = event;
  if (size > UINT32_MAX || !strict_character(&cursor, '{')) return UNUSUAL;
  bool more = true;
  while (more) {
    Span name;
    if (!member_name(&cursor, &name)) return UNUSUAL;
    if (span_equal(name, SPAN("Records"))) {
      int answer = envelopes->count ? UNUSUAL : read_records(envelopes, &cursor);
      if (answer != 0) return answer;
    } else if (!strict_value(&cursor)) {
      return UNUSUAL;
    }
    if (!another(&cursor, '}', &more)) return UNUSUAL;
  }
  return envelopes->count > 0 && cursor.at == cursor.end ? 0 : UNUSUAL;
}

bool envelopes_read(const Envelopes *envelopes, size_t i, Envelope *envelope) {
  const EnvelopePlaces *places = &envelopes->record[i];
  if (isnan(places->arrived_at)) return false;
  *envelope = (Envelope){
      .data = span_of(envelopes, places->data),
      .key = span_of(envelopes, places->key),
      .sequence = span_of(envelopes, places->sequence),
      .arn = span_of(envelopes, places->arn),
      .event_id = span_of(envelopes, places->event_id),
      .arrived_at = places->arrived_at,
  };
  return true;
}
