/* With the instructions that every processor of the architecture has; on arm64 that is NEON. */
#define TARGET
#define SHAP_KERNEL shap_portable
#include "shap_lanes.h"
