/* Whether Kinesis says that it took every record of a PutRecords call. */
#ifndef NATIVE_ANSWER_H
#define NATIVE_ANSWER_H

#include "text.h"

/* The form of an answer shows in its first byte: JSON begins with a brace or white space, CBOR's map with neither.
 * True where the answer plainly acknowledges `count` records, each with a sequence number and none with an error; false
 * where it does not, or is written in a way that the reference implementation must read. */
bool answer_acknowledges(const char *answer, size_t size, size_t count);

#endif
