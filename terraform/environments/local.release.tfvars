# A release workflow on a laptop: larger shares, looks every few seconds, and minutes in place of days. Less evidence is less sure
# only in how long a stage may take: the test that decides is the same.
evaluator = {
  force_destroy      = true
  log_retention_days = 1
  mapping            = { window_seconds = 0 }
  schedule_minutes   = 1
}

release_workflow = {
  evidence_seconds   = 180
  log_retention_days = 1
  poll_seconds       = 5
  retries            = 2
  stages             = [0.2, 0.5]
}
