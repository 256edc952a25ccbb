/* The envelopes that events may be in, inside of a record: as scoring/events/unwrap.py. An event that is encoded becomes a
 * further part of the document, and what encoded it a link there. */
#include "base64.h"
#include "escapes.h"
#include "schema_parts.h"
#include "utf8.h"

static uint32_t member(const Json *json, uint32_t holder, Span name) {
  return document_child(json, holder, name, ABSENT);
}

static bool is(const Json *json, uint32_t value, Kind kind) {
  return value != ABSENT && json->value[value].kind == kind;
}

/* The object that is a member; SCAN_UNUSUAL where there is none. */
static ScanResult object(const Json *json, uint32_t holder, Span name, uint32_t *event) {
  *event = member(json, holder, name);
  return is(json, *event, JSON_OBJECT) ? SCAN_ROW : SCAN_UNUSUAL;
}

/* Put a decoded event in the place of a value; where it is no object, the value stays. */
static ScanResult link(Json *json, uint32_t value, Span decoded, uint32_t *event) {
  *event = json_document(json, decoded, 1);
  if (*event == UINT32_MAX || json->value[*event].kind != JSON_OBJECT) return SCAN_UNUSUAL;
  Value *from = &json->value[value];
  from->count = from->next;
  from->next = *event;
  from->kind = JSON_LINK;
  return SCAN_ROW;
}

static ScanResult decode_base64(Scratch *scratch, Span text, Span *decoded) {
  if (text_reserve(&scratch->decoded, BASE64_DECODE_ROOM(text.size)) < 0) return SCAN_NO_MEMORY;
  size_t size = base64_decode(text.at, text.size, (uint8_t *)scratch->decoded.at);
  if (size == BASE64_INVALID || !utf8_valid((uint8_t *)scratch->decoded.at, size)) return SCAN_UNUSUAL;
  *decoded = (Span){scratch->decoded.at, size};
  return SCAN_ROW;
}

static ScanResult cloudevents(Scratch *scratch, uint32_t *event) {
  Json *json = &scratch->json;
  if (!is(json, member(json, 0, SPAN("specversion")), JSON_STRING)) return SCAN_UNUSUAL;
  uint32_t encoded = member(json, 0, SPAN("data_base64"));
  if (encoded == ABSENT || member(json, 0, SPAN("data")) != ABSENT) return object(json, 0, SPAN("data"), event);
  Span text, decoded;
  const Value *value = &json->value[encoded];
  if (value->kind != JSON_STRING) return SCAN_UNUSUAL;
  if (!json_text(&scratch->text, value->text, value->escaped, &text)) return SCAN_NO_MEMORY;
  ScanResult result = decode_base64(scratch, text, &decoded);
  if (result == SCAN_ROW) result = link(json, encoded, decoded, event);
  if (result == SCAN_ROW) json->value[encoded].name = SPAN("data");
  return result;
}

static ScanResult debezium(const Json *json, uint32_t *event) {
  uint32_t change = 0;
  if (member(json, 0, SPAN("payload")) != ABSENT && object(json, 0, SPAN("payload"), &change) != SCAN_ROW) {
    return SCAN_UNUSUAL;
  }
  if (!is(json, member(json, change, SPAN("op")), JSON_STRING)) return SCAN_UNUSUAL;
  return object(json, change, SPAN("after"), event);
}

static ScanResult dynamodb(Span payload, Scratch *scratch, uint32_t *event) {
  Json *json = &scratch->json;
  uint32_t change = member(json, 0, SPAN("dynamodb"));
  *event = 0;
  if (change != ABSENT) {
    if (!is(json, change, JSON_OBJECT) || object(json, change, SPAN("NewImage"), event) != SCAN_ROW) {
      return SCAN_UNUSUAL;
    }
  }
  ScanResult result = dynamodb_plain(scratch, *event, payload);
  if (result != SCAN_UNUSUAL) return result;
  json_begin(json); /* rules are asked of what was sent */
  return json_document(json, payload, 0) == 0 ? SCAN_UNUSUAL : SCAN_NO_MEMORY;
}

static ScanResult sns(Scratch *scratch, uint32_t *event) {
  Json *json = &scratch->json;
  if (!is(json, member(json, 0, SPAN("TopicArn")), JSON_STRING)) return SCAN_UNUSUAL;
  uint32_t message = member(json, 0, SPAN("Message"));
  if (!is(json, message, JSON_STRING)) return SCAN_UNUSUAL;
  const Value *value = &json->value[message];
  if (text_reserve(&scratch->decoded, value->text.size) < 0) return SCAN_NO_MEMORY;
  size_t size = json_unescape(value->text, scratch->decoded.at);
  if (size == ESCAPES_INVALID) return SCAN_UNUSUAL; /* a single surrogate, which is no UTF-8 */
  return link(json, message, (Span){scratch->decoded.at, size}, event);
}

ScanResult document_unwrap(const Schema *schema, Span payload, Scratch *scratch, uint32_t *event) {
  Json *json = &scratch->json;
  scratch->decoded.size = 0;
  switch (schema->unwrap) {
    case UNWRAP_CLOUDEVENTS:
      return cloudevents(scratch, event);
    case UNWRAP_EVENTBRIDGE:
      if (!is(json, member(json, 0, SPAN("detail-type")), JSON_STRING)) return SCAN_UNUSUAL;
      return object(json, 0, SPAN("detail"), event);
    case UNWRAP_DMS:
      if (!is(json, member(json, 0, SPAN("metadata")), JSON_OBJECT)) return SCAN_UNUSUAL;
      return object(json, 0, SPAN("data"), event);
    case UNWRAP_DEBEZIUM:
      return debezium(json, event);
    case UNWRAP_DYNAMODB:
      return dynamodb(payload, scratch, event);
    case UNWRAP_SNS:
      return sns(scratch, event);
    default:
      return SCAN_ROW;
  }
}
