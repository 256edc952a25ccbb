/* Blocks of messages into their states: of eight messages side by side in vectors, or of one. */
#ifndef NATIVE_MD5_LANES_H
#define NATIVE_MD5_LANES_H

#include "md5.h"

/* The four words of each lane's state, side by side. */
typedef struct {
  uint32_t word[4][MD5_LANES];
} Md5State;

/* Absorb `blocks` blocks of each lane; the next one of a lane is `stride` bytes further: MD5_BLOCK, or 0 in a lane that
 * has nothing to absorb. */
typedef void (*Md5Absorb)(Md5State *state, const uint8_t *const at[MD5_LANES], const size_t stride[MD5_LANES],
                          size_t blocks);

/* The fastest that this processor runs. */
Md5Absorb md5_select(void);

/* Absorb `blocks` blocks of one lane. */
void md5_absorb_lane(Md5State *state, size_t lane, const uint8_t *at, size_t blocks);

#endif
