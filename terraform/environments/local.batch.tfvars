# Batches on a laptop: a few invocations at a time.
batch = {
  log_retention_days  = 1
  maximum_concurrency = 4
  retries             = 2
}
