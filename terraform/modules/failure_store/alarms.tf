# Alarms as data: observability creates them, and describes the members.
locals {
  alarms = { for name, alarm in local.possible : name => alarm if local.metered }

  # Known while planning, where the filter's name is not.
  metered = var.existing == null || try(var.existing.metrics_filter, null) != null

  possible = {
    # S3 counts the objects that Lambda writes, for every kind of source. Lambda's own metrics are per mapping, have to be
    # enabled for each, and leave out asynchronous invocations.
    "scorer-on-failure" = {
      meaning = "Lambda discarded batches after the last retry; they are in the failure store until they are redriven."
      runbook = "Batches in the on-failure store, and dead letters"
      metrics = {
        objects = {
          namespace  = "AWS/S3"
          name       = "PutRequests"
          dimensions = { BucketName = module.bucket.bucket, FilterId = local.metrics_filter }
          statistic  = "Sum"
        }
      }
      above   = var.alarms.on_failure_objects
      missing = "notBreaching" # S3 emits a value only where there were requests
    }
  }
}
