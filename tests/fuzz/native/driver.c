/* Runs a target where there is no libFuzzer: over a packed corpus, and over a number of changes of its inputs.
 *
 * usage: driver <corpus.pack> <mutations> <seed>
 * A pack holds inputs, each after its size (32 bits, little-endian). A crash leaves the input's number and bytes in
 * hexadecimal on stderr. */
#include <signal.h>
#include <unistd.h>

#include "target.h"

enum { MOST_INPUTS = 4096, LONGEST = 1 << 20, SLOT = 3 };

typedef struct {
  const uint8_t *at;
  uint32_t size;
} Input;

static Input inputs[MOST_INPUTS];
static size_t count;
static const uint8_t *running;
static size_t running_size;

static void tell(int number) {
  static const char digits[] = "0123456789abcdef";
  if (write(2, "\ncrashed on ", 12) < 0) _exit(128 + number);
  for (size_t i = 0; i < running_size; i++) {
    char hex[2] = {digits[running[i] >> 4], digits[running[i] & 15]};
    if (write(2, hex, 2) < 0) break;
  }
  signal(number, SIG_DFL);
  raise(number);
}

static void run(const uint8_t *data, size_t size) {
  running = guarded_copy(SLOT, data, size);
  running_size = size;
  LLVMFuzzerTestOneInput(running, size);
}

static uint64_t state;

/* xorshift64*: a number under `limit`. */
static size_t draw(size_t limit) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return limit ? (size_t)((state * 0x2545f4914f6cdd1d) >> 32) % limit : 0;
}

/* Replace `gone` bytes at `at` by `more`, which are not in `bytes`. */
static size_t splice(uint8_t *bytes, size_t size, size_t at, size_t gone, const uint8_t *more, size_t count_more) {
  if (gone > size - at) gone = size - at;
  if (size - gone + count_more > LONGEST) return size;
  memmove(bytes + at + count_more, bytes + at + gone, size - at - gone);
  if (count_more) memcpy(bytes + at, more, count_more);
  return size - gone + count_more;
}

/* One change: bits, a byte, a piece lost, a piece of this or another input put in or put over. */
static size_t change(uint8_t *bytes, size_t size) {
  static const uint8_t telling[] = "\"\\{}[],:-+.0e=\n \x7f\x80\xff\xc3\xed";
  const Input *other = &inputs[draw(count)];
  size_t at = draw(size + 1), from = draw(other->size + 1), length = draw(other->size - from + 1);
  uint8_t byte = draw(2) ? telling[draw(sizeof telling)] : (uint8_t)draw(256);
  switch (draw(6)) {
    case 0:
      return at < size ? (bytes[at] ^= (uint8_t)(1u << draw(8)), size) : size;
    case 1:
      return splice(bytes, size, at, 1, &byte, 1);
    case 2:
      return splice(bytes, size, at, 0, &byte, 1);
    case 3:
      return splice(bytes, size, at, 1 + draw(16), NULL, 0);
    case 4:
      return splice(bytes, size, at, 0, other->at + from, length > 64 ? draw(64) : length);
    default:
      return splice(bytes, size, at, length, other->at + from, length);
  }
}

static void load(const char *path) {
  static uint8_t bytes[1 << 22];
  FILE *file = fopen(path, "rb");
  EXPECT(file);
  size_t size = fread(bytes, 1, sizeof bytes, file), at = 0;
  EXPECT(fclose(file) == 0 && size < sizeof bytes);
  while (at < size) {
    uint32_t length;
    EXPECT(size - at >= sizeof length && count < MOST_INPUTS);
    memcpy(&length, bytes + at, sizeof length);
    at += sizeof length;
    EXPECT(length <= size - at && length <= LONGEST);
    inputs[count++] = (Input){bytes + at, length};
    at += length;
  }
  EXPECT(count);
}

int main(int argc, char **arguments) {
  static uint8_t bytes[LONGEST + 1];
  EXPECT(argc == 4);
  load(arguments[1]);
  for (int number = 1; number < 32; number++) {
    if (number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGABRT || number == SIGTRAP ||
        number == SIGFPE)
      signal(number, tell);
  }
  for (size_t i = 0; i < count; i++) run(inputs[i].at, inputs[i].size);
  long mutations = atol(arguments[2]);
  state = (uint64_t)atol(arguments[3]) * 2 + 1;
  for (long i = 0; i < mutations; i++) {
    const Input *input = &inputs[draw(count)];
    size_t size = input->size;
    memcpy(bytes, input->at, size);
    for (size_t changes = 1 + draw(3); changes; changes--) size = change(bytes, size);
    run(bytes, size);
  }
  printf("%zu inputs, %ld mutations\n", count, mutations);
  return 0;
}
