"""`millrace replay`: the rows of a file, or recorded events, through a stack whose model says how they are read."""
