# On-demand capacity, long retention, and no data that `destroy` deletes by mistake.

event_stream = {
  retention_hours = 168
  mapping = {
    parallelization_factor = 2
    record_age_seconds     = 86400
  }
}

event_topic = {
  mapping = { maximum_concurrency = 20 }
}

failure_store = {
  on_failure_days = 90
  quarantine_days = 90
}

model_store = {
  release_days = 3650
  signing_keys = ["1"]
}

prediction_sink = {
  kinesis = { retention_hours = 168 }
}

scorer = {
  log_retention_days   = 365
  reserved_concurrency = 200
  tracing              = "Active"
}
