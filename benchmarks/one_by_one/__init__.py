"""A function that handles records one by one, deployed in the scorer's place: what the end-to-end run compares with."""
