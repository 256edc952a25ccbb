#include "payloads.h"

#include "aggregate.h"
#include "base64.h"
#include "escapes.h"

enum { UNUSUAL = 1 };

void opened_free(Opened *opened) {
  text_free(&opened->text);
  text_free(&opened->binary);
}

void payloads_free(Payloads *payloads) {
  for (size_t i = 0; i < MD5_LANES; i++) opened_free(&payloads->ahead[i].opened);
}

int payload_unescape(Text *room, Span inside, Span *text) {
  room->size = 0;
  if (text_reserve(room, inside.size) < 0) return -1;
  size_t size = json_unescape(inside, room->at);
  if (size == ESCAPES_INVALID) return UNUSUAL;
  *text = (Span){room->at, size};
  return 0;
}

static int decode_base64(Text *room, Span text, Span *payload) {
  room->size = 0;
  if (text_reserve(room, BASE64_DECODE_ROOM(text.size)) < 0) return -1;
  size_t size = base64_decode(text.at, text.size, (uint8_t *)room->at);
  if (size == BASE64_INVALID) return UNUSUAL;
  *payload = (Span){room->at, size};
  return 0;
}

int payload_open(const Layout *layout, const Envelope *envelope, Opened *opened) {
  opened->payload = envelope->texts[PAYLOAD];
  opened->message = (Span){0};
  int answer = 0;
  if (envelope->escaped >> PAYLOAD & 1) answer = payload_unescape(&opened->text, opened->payload, &opened->payload);
  if (answer == 0 && layout->base64) answer = decode_base64(&opened->binary, opened->payload, &opened->payload);
  return answer;
}

static void open_at(Payloads *payloads, size_t place) {
  Envelope envelope;
  bool ordinary = envelopes_get(payloads->envelopes, payloads->from + place, &envelope);
  payloads->ahead[place].answer =
      ordinary ? payload_open(payloads->envelopes->layout, &envelope, &payloads->ahead[place].opened) : UNUSUAL;
}

/* Verify the digests of the aggregates among the payloads that are open. */
static void verify(Payloads *payloads) {
  Span messages[MD5_LANES] = {{0}}, digests[MD5_LANES];
  uint8_t expected[MD5_LANES][MD5_DIGEST];
  size_t places[MD5_LANES], count = 0;
  for (size_t place = 0; place < payloads->count; place++) {
    if (payloads->ahead[place].answer != 0) continue;
    Span payload = payloads->ahead[place].opened.payload, magic = payloads->envelopes->layout->aggregate;
    if (aggregate_parts(payload, magic, &messages[count], &digests[count])) places[count++] = place;
  }
  md5_all(messages, count, expected);
  for (size_t i = 0; i < count; i++) {
    if (span_equal(digests[i], (Span){(const char *)expected[i], MD5_DIGEST})) {
      payloads->ahead[places[i]].opened.message = messages[i];
    } else {
      payloads->ahead[places[i]].answer = UNUSUAL;
    }
  }
}

int payloads_open(Payloads *payloads, size_t i, const Opened **opened) {
  if (i < payloads->from || i - payloads->from >= payloads->count) {
    Span message, digest, magic = payloads->envelopes->layout->aggregate;
    payloads->from = i;
    payloads->count = 1;
    open_at(payloads, 0);
    if (payloads->ahead[0].answer == 0 &&
        aggregate_parts(payloads->ahead[0].opened.payload, magic, &message, &digest)) {
      size_t left = payloads->envelopes->count - i;
      payloads->count = left < MD5_LANES ? left : MD5_LANES;
      for (size_t place = 1; place < payloads->count; place++) open_at(payloads, place);
      verify(payloads);
    }
  }
  *opened = &payloads->ahead[i - payloads->from].opened;
  return payloads->ahead[i - payloads->from].answer;
}
