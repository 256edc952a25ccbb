/* Base64 in blocks where the processor has a table look-up in a register, by a table of bytes everywhere else. */
#include "base64.h"

#include <string.h>

#include "cpu.h"

#if defined(__x86_64__) && !defined(NATIVE_PORTABLE)
#define BLOCKS_AVX2 1
#include <immintrin.h>
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
#define BLOCKS_NEON 1
#include <arm_neon.h>
#endif

#define BAD 0x80

static const char ALPHABET[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of each character, or BAD. */
static const uint8_t
    SIX_BITS[256] =
        {
#define BAD4 BAD, BAD, BAD, BAD
#define BAD16 BAD4, BAD4, BAD4, BAD4
            BAD16, BAD16, /* controls */
            BAD4,  BAD4,  BAD,   BAD,   BAD,   62,    BAD,   BAD,   BAD, 63, 52, 53, 54,   55,
            56,    57,    58,    59,    60,    61, /* + / 0 to 9 */
            BAD,   BAD,   BAD4,  BAD,   0,     1,     2,     3,     4,   5,  6,  7,  8,    9,
            10,    11,    12,    13,    14,    15,    16,    17,    18,  19, /* A to T */
            20,    21,    22,    23,    24,    25,    BAD4,  BAD,   BAD, 26, 27, 28, 29,   30,
            31,    32,    33,    34,    35,    36,    37,    38,    39,                         /* U to n */
            40,    41,    42,    43,    44,    45,    46,    47,    48,  49, 50, 51, BAD4, BAD, /* o to z */
            BAD16, BAD16, BAD16, BAD16, BAD16, BAD16, BAD16, BAD16,                             /* not ASCII */
};

/* What the blocks left over, or where there are none: how much of it they took and made. */
typedef struct {
  size_t taken;
  size_t made;
} Blocks;

#if BLOCKS_AVX2

#define AVX2 __attribute__((target("avx2")))

/* 16 entries for both halves of a register. */
#define TABLE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

/* 32 characters to 32 numbers under 64; `bad` collects a bit wherever a character is none of the alphabet.
 *
 * A character is classified by its two nibbles. The high one gives its class: 1 for 2x, of which + and / are good; 2 for 3x
 * (digits), 4 for 4x and 6x, 8 for 5x and 7x (letters), 16 for every other. The low one gives the classes in which it
 * is bad. The high one also gives what to add, but for the slash, which has an entry of its own. */
AVX2 static __m256i six_bits(__m256i text, __m256i *bad) {
  const __m256i classes = TABLE(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16);
  const __m256i bad_in = TABLE(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26);
  const __m256i shift = TABLE(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i nibble = _mm256_set1_epi8(15);
  __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), nibble);
  __m256i low = _mm256_and_si256(text, nibble);
  __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/')); /* -1, from 2 to its own entry */
  *bad = _mm256_or_si256(*bad, _mm256_and_si256(_mm256_shuffle_epi8(classes, high), _mm256_shuffle_epi8(bad_in, low)));
  return _mm256_add_epi8(text, _mm256_shuffle_epi8(shift, _mm256_add_epi8(high, slash)));
}

/* Every store has 32 bytes, of which 24 count: so the last characters are left to the loop over groups. */
AVX2 static Blocks decode_blocks(const char *text, size_t size, uint8_t *out) {
  const __m256i order = TABLE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i close_up = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
  __m256i bad = _mm256_setzero_si256();
  Blocks blocks = {0, 0};
  for (; size - blocks.taken >= 44; blocks.taken += 32, blocks.made += 24) {
    __m256i block = six_bits(_mm256_loadu_si256((const __m256i *)(const void *)(text + blocks.taken)), &bad);
    __m256i pairs = _mm256_maddubs_epi16(block, _mm256_set1_epi32(0x01400140)); /* first << 6 | second */
    __m256i triples = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));  /* first << 12 | second */
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(triples, order), close_up);
    _mm256_storeu_si256((__m256i *)(void *)(out + blocks.made), bytes);
  }
  if (!_mm256_testz_si256(bad, bad)) blocks.made = BASE64_INVALID;
  return blocks;
}

/* 32 numbers under 64 to characters: each range of the alphabet has an entry with the distance to its characters. */
AVX2 static __m256i characters(__m256i six) {
  const __m256i shift = TABLE('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                              '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  __m256i range = _mm256_subs_epu8(six, _mm256_set1_epi8(51)); /* 0 for letters, 1 to 12 for the others */
  __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), six);
  range = _mm256_or_si256(range, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
  return _mm256_add_epi8(six, _mm256_shuffle_epi8(shift, range));
}

/* Every turn reads 28 bytes, of which 24 count. */
AVX2 static Blocks encode_blocks(const uint8_t *data, size_t size, char *out) {
  const __m256i order = TABLE(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  Blocks blocks = {0, 0};
  for (; size - blocks.taken >= 28; blocks.taken += 24, blocks.made += 32) {
    const uint8_t *at = data + blocks.taken;
    __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)at)),
                                            _mm_loadu_si128((const __m128i *)(const void *)(at + 12)), 1);
    bytes = _mm256_shuffle_epi8(bytes, order);
    /* Of three bytes, doubled and swapped into two words, the first and third six bits are shifted down by a
     * multiplication that keeps the high half, the second and fourth up by one that keeps the low half. */
    __m256i odd =
        _mm256_mulhi_epu16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    __m256i even =
        _mm256_mullo_epi16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    _mm256_storeu_si256((__m256i *)(void *)(out + blocks.made), characters(_mm256_or_si256(odd, even)));
  }
  return blocks;
}

static int has_blocks(void) { return cpu_has(CPU_AVX2); }

#elif BLOCKS_NEON

static uint8x16x4_t load_table(const uint8_t *table) {
  return (uint8x16x4_t){{vld1q_u8(table), vld1q_u8(table + 16), vld1q_u8(table + 32), vld1q_u8(table + 48)}};
}

/* Characters under 64 are found in the first table, those under 128 in the second; each gives 0 outside itself. */
static uint8x16_t six_bits(uint8x16_t text, uint8x16x4_t first, uint8x16x4_t second, uint8x16_t *bad) {
  uint8x16_t beyond = vcgeq_u8(text, vdupq_n_u8(128));
  uint8x16_t six = vorrq_u8(vqtbl4q_u8(first, text), vqtbl4q_u8(second, veorq_u8(text, vdupq_n_u8(64))));
  *bad = vorrq_u8(*bad, vorrq_u8(six, beyond));
  return six;
}

static Blocks decode_blocks(const char *text, size_t size, uint8_t *out) {
  const uint8x16x4_t first = load_table(SIX_BITS), second = load_table(SIX_BITS + 64);
  uint8x16_t bad = vdupq_n_u8(0);
  Blocks blocks = {0, 0};
  for (; size - blocks.taken > 64; blocks.taken += 64, blocks.made += 48) {
    uint8x16x4_t six = vld4q_u8((const uint8_t *)text + blocks.taken);
    for (int i = 0; i < 4; i++) six.val[i] = six_bits(six.val[i], first, second, &bad);
    uint8x16x3_t bytes;
    bytes.val[0] = vorrq_u8(vshlq_n_u8(six.val[0], 2), vshrq_n_u8(six.val[1], 4));
    bytes.val[1] = vorrq_u8(vshlq_n_u8(six.val[1], 4), vshrq_n_u8(six.val[2], 2));
    bytes.val[2] = vorrq_u8(vshlq_n_u8(six.val[2], 6), six.val[3]);
    vst3q_u8(out + blocks.made, bytes);
  }
  if (vmaxvq_u8(bad) & BAD) blocks.made = BASE64_INVALID;
  return blocks;
}

static Blocks encode_blocks(const uint8_t *data, size_t size, char *out) {
  const uint8x16x4_t alphabet = load_table((const uint8_t *)ALPHABET);
  const uint8x16_t low = vdupq_n_u8(63);
  Blocks blocks = {0, 0};
  for (; size - blocks.taken >= 48; blocks.taken += 48, blocks.made += 64) {
    uint8x16x3_t bytes = vld3q_u8(data + blocks.taken);
    uint8x16x4_t six;
    six.val[0] = vshrq_n_u8(bytes.val[0], 2);
    six.val[1] = vandq_u8(vorrq_u8(vshlq_n_u8(bytes.val[0], 4), vshrq_n_u8(bytes.val[1], 4)), low);
    six.val[2] = vandq_u8(vorrq_u8(vshlq_n_u8(bytes.val[1], 2), vshrq_n_u8(bytes.val[2], 6)), low);
    six.val[3] = vandq_u8(bytes.val[2], low);
    for (int i = 0; i < 4; i++) six.val[i] = vqtbl4q_u8(alphabet, six.val[i]);
    vst4q_u8((uint8_t *)out + blocks.made, six);
  }
  return blocks;
}

static int has_blocks(void) { return 1; }

#else

static Blocks decode_blocks(const char *text, size_t size, uint8_t *out) {
  (void)text, (void)size, (void)out;
  return (Blocks){0, 0};
}

static Blocks encode_blocks(const uint8_t *data, size_t size, char *out) {
  (void)data, (void)size, (void)out;
  return (Blocks){0, 0};
}

static int has_blocks(void) { return 0; }

#endif

/* Four characters as a number of 24 bits; beyond that where one of them is bad. */
static uint32_t group(const uint8_t *text) {
  uint32_t a = SIX_BITS[text[0]], b = SIX_BITS[text[1]], c = SIX_BITS[text[2]], d = SIX_BITS[text[3]];
  return a << 18 | b << 12 | c << 6 | d | ((a | b | c | d) & BAD) << 24;
}

size_t base64_decode(const char *text, size_t size, uint8_t *out) {
  if (size % 4) return BASE64_INVALID;
  if (!size) return 0;
  Blocks done = has_blocks() ? decode_blocks(text, size, out) : (Blocks){0, 0};
  if (done.made == BASE64_INVALID) return BASE64_INVALID;
  const uint8_t *at = (const uint8_t *)text + done.taken, *last = (const uint8_t *)text + size - 4;
  uint8_t *to = out + done.made;
  uint32_t bits, bad = 0;
  for (; at < last; at += 4, to += 3) {
    bits = group(at);
    bad |= bits;
    to[0] = (uint8_t)(bits >> 16), to[1] = (uint8_t)(bits >> 8), to[2] = (uint8_t)bits;
  }
  /* Padding can be in the last group only. The bits that it leaves over need not be 0: Python ignores them. */
  size_t padding = last[3] != '=' ? 0 : last[2] != '=' ? 1 : 2;
  uint8_t whole[4] = {last[0], last[1], padding > 1 ? 'A' : last[2], padding > 0 ? 'A' : last[3]};
  bits = group(whole);
  uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
  memcpy(to, bytes, 3 - padding);
  return (bad | bits) >> 24 ? BASE64_INVALID : (size_t)(to - out) + 3 - padding;
}

size_t base64_encode(const uint8_t *data, size_t size, char *out) {
  Blocks done = has_blocks() ? encode_blocks(data, size, out) : (Blocks){0, 0};
  const uint8_t *at = data + done.taken, *end = data + size;
  char *to = out + done.made;
  for (; end - at >= 3; at += 3, to += 4) {
    uint32_t bits = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
    to[0] = ALPHABET[bits >> 18], to[1] = ALPHABET[bits >> 12 & 63];
    to[2] = ALPHABET[bits >> 6 & 63], to[3] = ALPHABET[bits & 63];
  }
  if (at < end) {
    int two = end - at == 2;
    uint32_t bits = (uint32_t)at[0] << 16 | (two ? (uint32_t)at[1] << 8 : 0);
    to[0] = ALPHABET[bits >> 18], to[1] = ALPHABET[bits >> 12 & 63];
    to[2] = two ? ALPHABET[bits >> 6 & 63] : '=', to[3] = '=';
    to += 4;
  }
  return (size_t)(to - out);
}
