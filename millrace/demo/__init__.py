"""The demo: synthetic events, the model that scores them, and the run."""
