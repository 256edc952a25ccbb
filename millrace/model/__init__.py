"""Training a model and bringing it into the model store."""

import os

# XGBoost's threads spin while they wait for each other: on a machine with other work training then took 17 times as
# long as with threads that sleep. Read once, when its library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
