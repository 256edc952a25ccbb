"""The handlers that one would write instead, each in a module that imports what it needs and nothing of the scorer.

`make(names)` gives the handler for events with features of these names, its model loaded and its client made.
"""
