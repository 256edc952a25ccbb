/* The payloads of a batch's envelopes. Where one is an aggregate, those after it are opened with it, so that the digests
 * of several are computed at a time. */
#ifndef NATIVE_PAYLOADS_H
#define NATIVE_PAYLOADS_H

#include "envelopes.h"
#include "md5.h"

/* A payload, which is in the envelope or in the memory here. */
typedef struct {
  Span payload;
  Span message;      /* of an aggregate whose digest is right; no address in all others */
  Text text, binary; /* without escapes; decoded */
} Opened;

/* All zero, with the envelopes, is the start. */
typedef struct {
  const Envelopes *envelopes;
  size_t from, count; /* the envelopes whose payloads are open */
  struct {
    int answer;
    Opened opened;
  } ahead[MD5_LANES];
} Payloads;

/* Each of these: 0; 1 where the reference path must look; -1 where there is no memory. */

/* The text that the inside of a JSON string represents, in `room`. */
int payload_unescape(Text *room, Span inside, Span *text);

/* Open the payload of one envelope. An aggregate's digest is not looked at. */
int payload_open(const Layout *layout, const Envelope *envelope, Opened *opened);

/* The payload of envelope `i`, which is an ordinary one; valid until the next is asked for. */
int payloads_open(Payloads *payloads, size_t i, const Opened **opened);

void opened_free(Opened *opened);
void payloads_free(Payloads *payloads);

#endif
