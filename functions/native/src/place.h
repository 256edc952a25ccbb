/* Where a record is: what the identity and the `source` member of its prediction are made of. */
#ifndef NATIVE_PLACE_H
#define NATIVE_PLACE_H

#include "take.h"

enum { MOST_POSITION = 129, MOST_SUFFIX = 44, MOST_MEMBERS = 80 };

/* In texts that JSON does not escape. */
typedef struct {
  Span arn, shard, position; /* no shard: empty */
} Whereabouts;

/* Render what the records of one place share: 0, 1 for texts that JSON would escape, which are left to the reference
 * path, or -1. */
int place_share(const Taker *taker, Shared *shared, const Layout *layout, const Whereabouts *where);

/* SHA-256 of name|arn|shard|position, and of what is behind it, of which the whole blocks that records share were done
 * once. position : empty where `shared` was extended. */
void place_identify(const Taker *taker, const Shared *shared, Span position, Span suffix, char id[SHA256_HEX]);

/* Make `whole` the identity of all that one record holds: the same with the position behind it. 0, or -1. */
int place_extend(const Taker *taker, const Shared *shared, Span position, Shared *whole);

/* What is behind the position of an event in a record's place: in its identity, |subsequence|index; and as members of
 * `source`. Each is the size of what was written. */
size_t place_suffix(EventPlace place, char out[MOST_SUFFIX]);
size_t place_members(EventPlace place, char out[MOST_MEMBERS]);

#endif
