"""Training a model and bringing it into the model store."""
