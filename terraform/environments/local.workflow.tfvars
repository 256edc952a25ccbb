# Batches with the item workflow.
batch = {
  log_retention_days  = 1
  maximum_concurrency = 4
  retries             = 2
  workflow            = true
}
