/* JSON text, built from the tokens of a UBJ file: what Python's checks of a model read. */
#ifndef NATIVE_FOREST_TEXT_H
#define NATIVE_FOREST_TEXT_H

#include "text.h"
#include "ubj.h"

typedef struct {
  Text json;
  bool comma, failed; /* failed: no memory, or a number that JSON does not have */
} ForestText;

void forest_text_literal(ForestText *text, const char *literal);
void forest_text_key(ForestText *text, UbjToken key);

/* Writes the value of which `first` was just read, and reads it to its end. */
bool forest_text_value(ForestText *text, UbjReader *reader, UbjToken first);

void forest_text_open(ForestText *text, char bracket);
void forest_text_close(ForestText *text, char bracket);

#endif
