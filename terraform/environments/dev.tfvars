# The smallest complete stack: one shard for events and predictions each, logs for two weeks, `destroy` deletes everything.

event_stream = {
  retention_hours = 24
  shards          = 1
}

failure_store = {
  force_destroy   = true
  on_failure_days = 7
  quarantine_days = 7
}

model_store = {
  force_destroy = true
  release_days  = 30
}

prediction_sink = {
  kinesis = { shards = 1 }
}

scorer = {
  log_level          = "DEBUG"
  log_retention_days = 14
}
