"""For all tests: XGBoost's threads sleep while they wait (see millrace.model), whoever loads its library first."""

import millrace.model  # noqa: F401
