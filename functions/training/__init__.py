"""What trainings and imports leave in a manifest, for tools and the trainer: golden rows, and the baseline of drift."""
