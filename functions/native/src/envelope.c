#include "envelope.h"

#include "number.h"
#include "timestamp.h"

/* What is known of an envelope so far. */
typedef struct {
  const Layout *layout;
  Envelope *envelope;
  Passed *passed;
  unsigned found;   /* slots, a bit each */
  unsigned entered; /* objects of the layout, a bit each */
  bool claimed;
  bool odd;                       /* as ENVELOPE_ODD */
  int objects[MOST_LAYOUT_DEPTH]; /* of the layout, that are open */
  int depth;
} Reading;

void envelope_reader_init(EnvelopeReader *reader, const Layout *layout) {
  reader->layout = layout;
  reader->skeleton.count = 0;
}

/* A number that is no rare one. */
static bool read_seconds(Cursor *cursor, double *seconds) {
  Number number;
  const uint8_t *end = number_read((const uint8_t *)cursor->at, (const uint8_t *)cursor->end, &number);
  if (end == NULL) return false;
  cursor->at = (const char *)end;
  *seconds = number.value;
  return true;
}

/* An instant in a string; false where it is written otherwise than it always is. */
static bool read_instant(Cursor *cursor, TimeUnit unit, double *seconds) {
  Span text;
  bool escaped;
  if (!strict_string(cursor, &text, &escaped)) return false;
  return unit == RFC3339 ? timestamp_read(text, seconds) : timestamp_read_milliseconds(text, seconds);
}

static bool read_arrival(Cursor *cursor, TimeUnit unit, double *seconds) {
  return unit == SECONDS ? read_seconds(cursor, seconds) : read_instant(cursor, unit, seconds);
}

/* The value of a slot other than the claim; false where it is of another type. */
static inline bool read_slot(const Layout *layout, Envelope *envelope, int slot, Cursor *cursor) {
  if (slot == ARRIVED_AT) return read_arrival(cursor, layout->unit, &envelope->arrived_at);
  bool escaped;
  if (!strict_string(cursor, &envelope->texts[slot], &escaped)) return false;
  envelope->escaped |= (unsigned)escaped << slot;
  return true;
}

/* The claim decides who reads the envelope, so nothing of doubt is let pass. */
static bool read_claim(Reading *reading, Cursor *cursor) {
  Span value;
  bool escaped;
  if (reading->found >> CLAIM & 1 || !strict_string(cursor, &value, &escaped) || escaped) return false;
  reading->claimed = span_equal(value, reading->layout->claim);
  return true;
}

static bool read_value(Reading *reading, int slot, Cursor *cursor) {
  if (slot == NO_SLOT) return strict_value(cursor);
  if (slot == CLAIM) {
    if (!read_claim(reading, cursor)) return false;
  } else {
    Cursor start = *cursor;
    reading->odd |= reading->found >> slot & 1;
    if (!read_slot(reading->layout, reading->envelope, slot, cursor)) {
      reading->odd = true;
      *cursor = start;
      if (!strict_value(cursor)) return false;
    }
  }
  reading->found |= 1U << slot;
  return true;
}

/* The next member's name, after `{` or a comma; a name with escapes could be any other, and is refused. */
static bool member_name(Cursor *cursor, Span *name) {
  bool escaped;
  strict_space(cursor);
  return strict_string(cursor, name, &escaped) && !escaped && strict_character(cursor, ':');
}

/* Whether an object just opened holds anything; past its end where it does not. */
static bool filled(Cursor *cursor) {
  strict_space(cursor);
  if (cursor->at == cursor->end || *cursor->at != '}') return true;
  cursor->at++;
  return false;
}

/* From behind a value to the next member, out of the objects that end there. */
static bool leave(Reading *reading, Cursor *cursor) {
  while (reading->depth > 0) {
    strict_space(cursor);
    if (cursor->at == cursor->end) return false;
    char next = *cursor->at++;
    if (next == ',') return true;
    if (next != '}') return false;
    reading->depth--;
  }
  return true;
}

static bool at_object(const Cursor *cursor) { return cursor->at < cursor->end && *cursor->at == '{'; }

/* Into an object of the layout, of which there may be only one: whether it holds anything; past it where it does not. */
static bool enter(Reading *reading, int object, Cursor *cursor) {
  cursor->at++;
  reading->odd |= reading->entered >> object & 1;
  reading->entered |= 1U << object;
  if (!filled(cursor)) return false;
  reading->objects[reading->depth++] = object;
  return true;
}

/* Past a member, or to the first one inside of it where it is an object of the layout. False where it is broken. */
static bool read_member(Reading *reading, Cursor *cursor, bool *entered) {
  Span name;
  *entered = false;
  if (!member_name(cursor, &name)) return false;
  const LayoutMember *member = layout_member(reading->layout, reading->objects[reading->depth - 1], name);
  if (member != NULL && member->object != NO_OBJECT) {
    if (at_object(cursor)) {
      *entered = enter(reading, member->object, cursor);
      return true;
    }
    reading->odd = true;
  }
  int slot = member != NULL ? member->slot : NO_SLOT;
  const char *start = cursor->at;
  if (!read_value(reading, slot, cursor)) return false;
  passed_add(reading->passed, slot, start, cursor->at);
  return true;
}

/* The object at the cursor, member by member; false where it is broken. */
static bool read_members(Reading *reading, Cursor *cursor) {
  if (!at_object(cursor)) return false;
  enter(reading, 0, cursor);
  while (reading->depth > 0) {
    bool entered;
    if (!read_member(reading, cursor, &entered)) return false;
    if (!entered && !leave(reading, cursor)) return false;
  }
  return true;
}

static EnvelopeKind read_whole(EnvelopeReader *reader, Cursor *cursor, Envelope *envelope) {
  Passed passed; /* without its values, which are many, and none of them there */
  passed.count = 0;
  Reading reading = {.layout = reader->layout, .envelope = envelope, .passed = &passed};
  const char *start = cursor->at;
  *envelope = (Envelope){0};
  if (!read_members(&reading, cursor)) return ENVELOPE_BROKEN;
  if (!reading.claimed) return ENVELOPE_OF_ELSE;
  unsigned required = reader->layout->required;
  if (reading.odd || (reading.found & required) != required) return ENVELOPE_ODD;
  skeleton_learn(&reader->skeleton, &passed, start, cursor->at);
  return ENVELOPE_ORDINARY;
}

/* Read an envelope that has the skeleton; false where it has another. */
static bool read_by_skeleton(const EnvelopeReader *reader, Cursor *cursor, Envelope *envelope) {
  const Skeleton *skeleton = &reader->skeleton;
  size_t from = 0;
  *envelope = (Envelope){0};
  for (size_t i = 0; i < skeleton->count; i++) {
    const Step *step = &skeleton->steps[i];
    if (!step->varies) continue;
    if (!strict_word(cursor, (Span){skeleton->text + from, step->at - from})) return false;
    from = step->at;
    bool read = step->slot == NO_SLOT ? strict_value(cursor) : read_slot(reader->layout, envelope, step->slot, cursor);
    if (!read) return false;
  }
  return strict_word(cursor, (Span){skeleton->text + from, skeleton->size - from});
}

EnvelopeKind envelope_read(EnvelopeReader *reader, Cursor *cursor, Envelope *envelope) {
  Cursor ahead = *cursor;
  if (reader->skeleton.count > 0 && read_by_skeleton(reader, &ahead, envelope)) {
    *cursor = ahead;
    return ENVELOPE_ORDINARY;
  }
  return read_whole(reader, cursor, envelope);
}

/* Whether some layout's claim is a member of that name; the layout whose claim has that value, or NULL. */
static bool is_claim(const Layout *layouts, size_t count, Span name, Span value, const Layout **claimed) {
  bool named = false;
  *claimed = NULL;
  for (size_t i = 0; i < count; i++) {
    const LayoutMember *member = layout_member(&layouts[i], 0, name);
    if (member == NULL || member->slot != CLAIM) continue;
    named = true;
    if (span_equal(layouts[i].claim, value)) *claimed = &layouts[i];
  }
  return named;
}

const Layout *envelope_claimed(Cursor cursor, const Layout *layouts, size_t count) {
  const Layout *found = NULL, *claimed;
  if (!at_object(&cursor)) return NULL;
  cursor.at++;
  for (bool more = filled(&cursor); more;) {
    Span name, value = SPAN("");
    bool escaped = false;
    if (!member_name(&cursor, &name)) return NULL;
    Cursor ahead = cursor;
    bool is_text = strict_string(&ahead, &value, &escaped) && !escaped;
    if (is_claim(layouts, count, name, value, &claimed)) {
      if (!is_text || claimed == NULL || found != NULL) return NULL;
      found = claimed;
    }
    if (!strict_value(&cursor)) return NULL;
    more = strict_character(&cursor, ',');
    if (!more && !strict_character(&cursor, '}')) return NULL;
  }
  return found;
}
