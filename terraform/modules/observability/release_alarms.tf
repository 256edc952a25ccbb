# Does the scorer serve what was released? It looks once every release_poll_seconds, while batches come; without them
# there is no data, and nothing that could be wrong. Looked at by the minute: a bad release wants a quick answer.
locals {
  release_alarms = {
    # No threshold to set: one refused release is one too many.
    "scorer-release-refused" = {
      means   = "A release failed verification. Containers serve on with the last good one, new ones with what is left of it."
      runbook = "A release is refused"
      metrics = { refused = merge(local.scorer_metric, { name = "ReleaseRefused", statistic = "Sum" }) }
      above   = 0
      period  = 60
      missing = "notBreaching"
    }

    "scorer-release-stale" = {
      means   = "A container has not known for more than ${var.alarms.stale_seconds} s that it serves the release in the model store."
      runbook = "A release is stale"
      metrics = { stale = merge(local.scorer_metric, { name = "ReleaseStaleSeconds", statistic = "Maximum" }) }
      above   = var.alarms.stale_seconds
      period  = 60
      missing = "notBreaching"
    }
  }
}
