"""What the command line shows, and the signals that it handles."""
