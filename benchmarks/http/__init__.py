"""Side by side over HTTP: the scorer's server and its peers, each in a process of its own on one core."""
