/* Python's repr of a float: the shortest decimal that reads back as the same double. */
#ifndef NATIVE_DECIMAL_H
#define NATIVE_DECIMAL_H

/* Bytes that decimal_write may write. */
#define DECIMAL_ROOM 32

/* Write a finite number; the end of what was written, which is at most DECIMAL_ROOM bytes on. */
char *decimal_write(char *out, double value);

#endif
