# Sizes for a laptop: two shards for events and predictions each, short timeouts, `destroy` deletes everything.

# Periods of one minute, for quick feedback.
alarms = {
  period_seconds = 60
  silent_minutes = 2
}

event_stream = {
  retention_hours = 24
  shards          = 2
  mapping = {
    batch_size             = 5000
    maximum_retry_attempts = 3
    record_age_seconds     = 600
    window_seconds         = 0
  }
}

failure_store = {
  force_destroy   = true
  on_failure_days = 1
  quarantine_days = 1
}

model_store = {
  force_destroy = true
  release_days  = 1
  signing_keys  = ["1"]
}

prediction_sink = {
  kinesis = { shards = 2 }
}

scorer = {
  log_retention_days   = 1
  release_poll_seconds = 1
  reserved_concurrency = 10
  timeout_seconds      = 10
}
