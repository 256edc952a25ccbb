/* What each of XGBoost's objectives makes of margins, and of the base score before them. */
#ifndef NATIVE_OBJECTIVE_H
#define NATIVE_OBJECTIVE_H

#include "ubj.h"

typedef enum { LINK_IDENTITY, LINK_LOGIT, LINK_LOG } Link;
typedef enum { ANSWER_MARGIN, ANSWER_SIGMOID, ANSWER_EXP, ANSWER_EXP_OF_DOUBLE, ANSWER_STEP, ANSWER_SOFTMAX } Answer;

typedef struct {
  const char *name;
  const char *parameters; /* the member of the file's objective that XGBoost's loader insists on; NULL: none */
  Link link;              /* from the base score in the file to a margin */
  Answer answer;          /* from margins to scores */
} Objective;

/* NULL where the name is unknown. */
const Objective *objective_named(UbjToken name);

/* Whether XGBoost's loader takes this text for a parameter of an objective. */
bool objective_takes(UbjToken parameter, UbjToken value);

/* The number in `size` characters, digits with a fraction and an exponent; false where it is anything else. */
bool objective_number(const uint8_t *characters, size_t size, float *number);

/* The base score as a margin; false where it has none. */
bool objective_margin(const Objective *objective, float base_score, float *margin);

/* Margins become scores, in place; rows × classes. */
void objective_scores(const Objective *objective, float *margins, size_t rows, size_t classes);

#endif
