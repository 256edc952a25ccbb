/* Whether Kinesis says that it took every record of a PutRecords call. */
#ifndef NATIVE_ANSWER_H
#define NATIVE_ANSWER_H

#include <stddef.h>
#include <stdint.h>

/* 1: the answer plainly acknowledges `count` records, each with a sequence number and none with an error.
 * 0: it does not, or is written in a way that the exact path must read. */
int answer_acknowledges(const uint8_t *answer, size_t size, size_t count);

#endif
