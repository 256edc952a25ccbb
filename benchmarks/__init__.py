"""`make bench`: the scorer and its peers side by side in one run. Start reading at `__main__`."""
