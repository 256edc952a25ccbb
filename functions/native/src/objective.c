#include "objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xgboost_constants.h"

/* Bit for bit XGBoost's, so with its own order of operations in float32, and libm's functions as it calls them. */
static const Objective OBJECTIVES[] = {
    {"binary:logistic", "reg_loss_param", LINK_LOGIT, ANSWER_SIGMOID},
    {"binary:logitraw", "reg_loss_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"binary:hinge", NULL, LINK_IDENTITY, ANSWER_STEP},
    {"multi:softprob", "softmax_multiclass_param", LINK_IDENTITY, ANSWER_SOFTMAX},
    {"reg:squarederror", "reg_loss_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:squaredlogerror", NULL, LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:absoluteerror", NULL, LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:pseudohubererror", "pseudo_huber_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:quantileerror", "quantile_loss_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:expectileerror", "expectile_loss_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"reg:logistic", "reg_loss_param", LINK_LOGIT, ANSWER_SIGMOID},
    {"reg:gamma", NULL, LINK_LOG, ANSWER_EXP},
    {"reg:tweedie", "tweedie_regression_param", LINK_LOG, ANSWER_EXP},
    {"count:poisson", "poisson_regression_param", LINK_LOG, ANSWER_EXP},
    {"survival:cox", NULL, LINK_LOG, ANSWER_EXP},
    {"survival:aft", "aft_loss_param", LINK_LOG, ANSWER_EXP_OF_DOUBLE},
    {"rank:pairwise", "lambdarank_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"rank:ndcg", "lambdarank_param", LINK_IDENTITY, ANSWER_MARGIN},
    {"rank:map", "lambdarank_param", LINK_IDENTITY, ANSWER_MARGIN},
};

/* None of them counts when rows are scored, but XGBoost refuses a file where one is out of its bounds: these are
 * narrower, and what is beyond them is left to XGBoost. */
static const struct {
  const char *name;
  float low, high;
  bool whole;
} PARAMETERS[] = {
    {"scale_pos_weight", 0.0F, 1e9F, false},
    {"num_class", 1.0F, 1e6F, true},
    {"huber_slope", 1e-6F, 1e9F, false},
    {"quantile_alpha", 1e-6F, 0.999999F, false},
    {"expectile_alpha", 1e-6F, 0.999999F, false},
    {"tweedie_variance_power", 1.0F, 1.999999F, false},
    {"max_delta_step", 0.0F, 1e9F, false},
    {"aft_loss_distribution_scale", 1e-6F, 1e9F, false},
    {"lambdarank_bias_norm", 0.0F, 1e9F, false},
    {"lambdarank_normalization", 0.0F, 1.0F, true},
    {"lambdarank_num_pair_per_sample", 1.0F, 4.3e9F, true},
    {"lambdarank_score_normalization", 0.0F, 1.0F, true},
    {"lambdarank_unbiased", 0.0F, 1.0F, true},
    {"ndcg_exp_gain", 0.0F, 1.0F, true},
};

static const struct {
  const char *name, *word;
} WORDS[] = {
    {"aft_loss_distribution", "normal"}, {"aft_loss_distribution", "logistic"}, {"aft_loss_distribution", "extreme"},
    {"lambdarank_pair_method", "topk"},  {"lambdarank_pair_method", "mean"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

const Objective *objective_named(UbjToken name) {
  for (size_t i = 0; i < COUNT(OBJECTIVES); i++) {
    if (ubj_is(name, OBJECTIVES[i].name)) return &OBJECTIVES[i];
  }
  return NULL;
}

static bool all_digits(UbjToken text) {
  for (size_t i = 0; i < text.count; i++) {
    if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
  }
  return text.count > 0 && text.count <= 10;
}

static bool is_word(UbjToken parameter, UbjToken value) {
  for (size_t i = 0; i < COUNT(WORDS); i++) {
    if (ubj_is(parameter, WORDS[i].name) && ubj_is(value, WORDS[i].word)) return true;
  }
  return false;
}

bool objective_takes(UbjToken parameter, UbjToken value) {
  const uint8_t *characters = value.bytes;
  size_t size = value.count;
  if (size > 2 && characters[0] == '[' && characters[size - 1] == ']') { /* a list of one */
    if (!ubj_is(parameter, "quantile_alpha") && !ubj_is(parameter, "expectile_alpha")) return false;
    characters++;
    size -= 2;
  }
  for (size_t i = 0; i < COUNT(PARAMETERS); i++) {
    if (!ubj_is(parameter, PARAMETERS[i].name)) continue;
    float number;
    if (PARAMETERS[i].whole && !all_digits(value)) return false;
    if (!objective_number(characters, size, &number)) return false;
    return number >= PARAMETERS[i].low && number <= PARAMETERS[i].high;
  }
  return is_word(parameter, value);
}

bool objective_number(const uint8_t *characters, size_t size, float *number) {
  char text[48];
  if (size == 0 || size >= sizeof text || characters[0] == '+' || characters[0] == 'e' || characters[0] == 'E') {
    return false;
  }
  for (size_t i = 0; i < size; i++) {
    if (strchr("0123456789.eE+-", characters[i]) == NULL || characters[i] == 0) return false;
    text[i] = (char)characters[i];
  }
  text[size] = 0;
  char *end;
  *number = strtof(text, &end); /* Where the locale has no point for the fraction, `end` is not the end. */
  return end == text + size && isfinite(*number);
}

static float clamped(float base_score) {
  const float least = BASE_SCORE_EPSILON, most = 1.0F - BASE_SCORE_EPSILON;
  return base_score < least ? least : base_score > most ? most : base_score;
}

bool objective_margin(const Objective *objective, float base_score, float *margin) {
  switch (objective->link) {
    case LINK_LOGIT:
      if (!(base_score >= 0.0F && base_score <= 1.0F)) return false;
      *margin = -logf(1.0F / clamped(base_score) - 1.0F);
      break;
    case LINK_LOG:
      if (!(base_score > 0.0F)) return false;
      *margin = logf(base_score);
      break;
    default:
      *margin = base_score;
  }
  return isfinite(*margin);
}

static float sigmoid(float margin) {
  float exponent = -margin < SIGMOID_LARGEST ? -margin : SIGMOID_LARGEST;
  return 1.0F / (expf(exponent) + 1.0F);
}

static void softmax(float *row, size_t classes) {
  float largest = row[0];
  for (size_t i = 1; i < classes; i++) largest = fmaxf(row[i], largest);
  double sum = 0.0;
  for (size_t i = 0; i < classes; i++) {
    row[i] = expf(row[i] - largest);
    sum += (double)row[i];
  }
  for (size_t i = 0; i < classes; i++) row[i] /= (float)sum;
}

void objective_scores(const Objective *objective, float *margins, size_t rows, size_t classes) {
  size_t count = rows * classes;
  switch (objective->answer) {
    case ANSWER_SIGMOID:
      for (size_t i = 0; i < count; i++) margins[i] = sigmoid(margins[i]);
      break;
    case ANSWER_EXP:
      for (size_t i = 0; i < count; i++) margins[i] = expf(margins[i]);
      break;
    case ANSWER_EXP_OF_DOUBLE:
      for (size_t i = 0; i < count; i++) margins[i] = (float)exp((double)margins[i]);
      break;
    case ANSWER_STEP:
      for (size_t i = 0; i < count; i++) margins[i] = margins[i] > 0.0F ? 1.0F : 0.0F;
      break;
    case ANSWER_SOFTMAX:
      for (size_t i = 0; i < rows; i++) softmax(margins + i * classes, classes);
      break;
    default:
      break;
  }
}
