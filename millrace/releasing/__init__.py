"""Release workflows as operators run them: start, follow, approve, abort. What decides is functions/releases."""
