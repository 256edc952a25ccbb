/* What becomes of memory between two batches. */
#ifndef NATIVE_MEMORY_H
#define NATIVE_MEMORY_H

/* Have the C library keep what is given back, for the whole process.
 *
 * A batch needs blocks of megabytes, which glibc takes from the system one by one and gives back at once: every page is
 * then cleared and mapped again for the next batch, which took a sixth of its time. Nothing where it is another library. */
void memory_keep(void);

#endif
