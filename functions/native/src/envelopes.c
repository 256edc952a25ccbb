#include "envelopes.h"

#include <math.h>
#include <stdlib.h>

enum { UNUSUAL = 1 };

void envelopes_free(Envelopes *envelopes) {
  free(envelopes->envelope);
  *envelopes = (Envelopes){0};
}

static Place place_of(const Envelopes *envelopes, Span span) {
  return (Place){(uint32_t)(span.at - envelopes->event), (uint32_t)span.size};
}

static void keep(const Envelopes *envelopes, const Envelope *envelope, EnvelopePlaces *places) {
  places->escaped = envelope->escaped;
  places->arrived_at = envelope->arrived_at;
  places->present = 0;
  for (int i = 0; i < TEXTS; i++) {
    if (envelope->texts[i].at == NULL) continue;
    places->texts[i] = place_of(envelopes, envelope->texts[i]);
    places->present |= 1U << i;
  }
}

/* Room for one more: 0, or -1. */
static int have_room(Envelopes *envelopes) {
  if (envelopes->count < envelopes->room) return 0;
  void *block = envelopes->envelope;
  if (grow(&block, &envelopes->room, envelopes->count + 64, sizeof(EnvelopePlaces)) < 0) return -1;
  envelopes->envelope = block;
  return 0;
}

static int read_record(Envelopes *envelopes, EnvelopeReader *reader, Cursor *cursor) {
  if (have_room(envelopes) < 0) return -1;
  EnvelopePlaces *places = &envelopes->envelope[envelopes->count];
  const char *start = cursor->at;
  Envelope envelope;
  switch (envelope_read(reader, cursor, &envelope)) {
    case ENVELOPE_ORDINARY:
      keep(envelopes, &envelope, places);
      break;
    case ENVELOPE_ODD:
      places->arrived_at = NAN;
      break;
    default:
      return UNUSUAL;
  }
  places->whole = place_of(envelopes, (Span){start, (size_t)(cursor->at - start)});
  envelopes->count++;
  return 0;
}

/* The array of records; one without any is no source's. */
static int read_records(Envelopes *envelopes, Cursor *cursor, const Layout *layouts, size_t layout_count) {
  if (!strict_character(cursor, '[')) return UNUSUAL;
  envelopes->layout = envelope_claimed(*cursor, layouts, layout_count);
  if (envelopes->layout == NULL) return UNUSUAL;
  EnvelopeReader reader;
  envelope_reader_init(&reader, envelopes->layout);
  do {
    int answer = read_record(envelopes, &reader, cursor);
    if (answer != 0) return answer;
  } while (strict_character(cursor, ','));
  return strict_character(cursor, ']') ? 0 : UNUSUAL;
}

int envelopes_scan(Envelopes *envelopes, const char *event, size_t size, const Layout *layouts, size_t layout_count) {
  Cursor cursor = {event, event + size};
  envelopes->event = event;
  if (size > UINT32_MAX || !strict_character(&cursor, '{')) return UNUSUAL;
  do {
    Span name;
    bool escaped;
    if (!strict_string(&cursor, &name, &escaped) || escaped || !strict_character(&cursor, ':')) return UNUSUAL;
    if (span_equal(name, SPAN("Records"))) {
      int answer = envelopes->count ? UNUSUAL : read_records(envelopes, &cursor, layouts, layout_count);
      if (answer != 0) return answer;
    } else if (!strict_value(&cursor)) {
      return UNUSUAL;
    }
  } while (strict_character(&cursor, ','));
  if (!strict_character(&cursor, '}')) return UNUSUAL;
  return envelopes->count > 0 && cursor.at == cursor.end ? 0 : UNUSUAL;
}

bool envelopes_get(const Envelopes *envelopes, size_t i, Envelope *envelope) {
  const EnvelopePlaces *places = &envelopes->envelope[i];
  if (isnan(places->arrived_at)) return false;
  *envelope = (Envelope){.escaped = places->escaped, .arrived_at = places->arrived_at};
  for (int text = 0; text < TEXTS; text++) {
    if (places->present >> text & 1) {
      envelope->texts[text] = (Span){envelopes->event + places->texts[text].at, places->texts[text].size};
    }
  }
  return true;
}

double envelopes_oldest(const Envelopes *envelopes) {
  double oldest = INFINITY;
  for (size_t i = 0; i < envelopes->count; i++) {
    double arrived_at = envelopes->envelope[i].arrived_at;
    if (isnan(arrived_at)) return NAN;
    if (arrived_at < oldest) oldest = arrived_at;
  }
  return oldest;
}
