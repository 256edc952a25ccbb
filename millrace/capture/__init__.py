"""What the scorer captured, read back: rows for training and explanations. docs/capture.md."""
