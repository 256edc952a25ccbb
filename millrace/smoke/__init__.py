"""`millrace smoke`: whether a stack does what it should: events, a failure and its redrive, an alarm, the log."""
