/* Strict JSON, passed over in one go and without recursion: what json.loads in Python takes for certain. */
#ifndef NATIVE_STRICT_H
#define NATIVE_STRICT_H

#include "text.h"

typedef struct {
  const char *at, *end;
} Cursor;

/* Each passes over what begins at `at`; false where it is not there, or where json.loads might refuse it. */

bool strict_character(Cursor *cursor, char character); /* and the white space around it */
bool strict_string(Cursor *cursor, Span *inside, bool *escaped);
bool strict_word(Cursor *cursor, Span word); /* that very one, with anything behind it */
bool strict_value(Cursor *cursor);           /* of any type, nested at most 64 deep */

void strict_space(Cursor *cursor);

#endif
