#include "md5.h"

#include "md5_lanes.h"

/* A message on its way through a lane: its whole blocks, and then its end with the padding. */
typedef struct {
  const uint8_t *at; /* the next block */
  size_t blocks;     /* until the end of what `at` points into */
  size_t number;     /* of the message */
  bool busy, ending;
  uint8_t end[2 * MD5_BLOCK];
  size_t end_blocks;
} Lane;

static void begin_end(Lane *lane) {
  lane->ending = true;
  lane->at = lane->end;
  lane->blocks = lane->end_blocks;
}

static void begin(Lane *lane, Md5State *state, size_t place, Span message, size_t number) {
  static const uint32_t initial[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  size_t whole = message.size / MD5_BLOCK * MD5_BLOCK, left = message.size - whole;
  uint64_t bits = (uint64_t)message.size * 8;
  *lane = (Lane){.at = (const uint8_t *)message.at, .blocks = whole / MD5_BLOCK, .number = number, .busy = true};
  lane->end_blocks = left + 9 <= MD5_BLOCK ? 1 : 2;
  if (left) memcpy(lane->end, message.at + whole, left);
  lane->end[left] = 0x80;
  for (size_t i = 0; i < 8; i++) lane->end[lane->end_blocks * MD5_BLOCK - 8 + i] = (uint8_t)(bits >> 8 * i);
  for (int i = 0; i < 4; i++) state->word[i][place] = initial[i];
  if (lane->blocks == 0) begin_end(lane);
}

static void write_digest(const Md5State *state, size_t place, uint8_t digest[MD5_DIGEST]) {
  for (size_t i = 0; i < MD5_DIGEST; i++) digest[i] = (uint8_t)(state->word[i / 4][place] >> 8 * (i % 4));
}

/* Past the blocks that were absorbed; a message that ends there leaves its lane. */
static void advance(Lane *lane, const Md5State *state, size_t place, size_t blocks, uint8_t (*digests)[MD5_DIGEST]) {
  lane->at += blocks * MD5_BLOCK;
  lane->blocks -= blocks;
  if (lane->blocks > 0) return;
  if (!lane->ending) {
    begin_end(lane);
    return;
  }
  write_digest(state, place, digests[lane->number]);
  lane->busy = false;
}

/* Absorb what all busy lanes have, or all that the last one has: the number of blocks. */
static size_t absorb_common(Md5Absorb absorb, Md5State *state, const Lane lanes[MD5_LANES]) {
  static const uint8_t nothing[MD5_BLOCK];
  const uint8_t *at[MD5_LANES];
  size_t stride[MD5_LANES], fewest = SIZE_MAX, busy = 0, last = 0;
  for (size_t i = 0; i < MD5_LANES; i++) {
    at[i] = lanes[i].busy ? lanes[i].at : nothing;
    stride[i] = lanes[i].busy ? MD5_BLOCK : 0;
    if (!lanes[i].busy) continue;
    if (lanes[i].blocks < fewest) fewest = lanes[i].blocks;
    last = i;
    busy++;
  }
  if (busy == 1) {
    md5_absorb_lane(state, last, lanes[last].at, fewest);
  } else {
    absorb(state, at, stride, fewest);
  }
  return fewest;
}

void md5_all(const Span *messages, size_t count, uint8_t (*digests)[MD5_DIGEST]) {
  Lane lanes[MD5_LANES] = {{0}};
  Md5State state = {{{0}}};
  Md5Absorb absorb = md5_select();
  for (size_t next = 0, done = 0; done < count;) {
    for (size_t i = 0; i < MD5_LANES && next < count; i++) {
      if (lanes[i].busy) continue;
      begin(&lanes[i], &state, i, messages[next], next);
      next++;
    }
    size_t blocks = absorb_common(absorb, &state, lanes);
    for (size_t i = 0; i < MD5_LANES; i++) {
      if (!lanes[i].busy) continue;
      advance(&lanes[i], &state, i, blocks, digests);
      done += !lanes[i].busy;
    }
  }
}
