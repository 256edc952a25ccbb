# What became of the events that were not scored?
locals {
  failure_alarms = {
    # A share says nothing of a handful of events, hence the least number of them.
    "scorer-quarantine-rate" = {
      means   = "More than ${var.alarms.quarantine_percent} % of the events of ${local.minutes} can never be scored as they are: they are in quarantine."
      runbook = "Events in quarantine"
      metrics = {
        events      = merge(local.scorer_metric, { name = "Events", statistic = "Sum" })
        quarantined = merge(local.scorer_metric, { name = "Quarantined", statistic = "Sum" })
      }
      expression = "IF(events >= ${var.alarms.quarantine_least_events}, 100 * FILL(quarantined, 0) / events, 0)"
      above      = var.alarms.quarantine_percent
      missing    = "notBreaching" # no events, so none in quarantine
    }

    # S3 counts what is put below Lambda's prefix, whichever source gave up. Lambda's own counts are by mapping, have to
    # be switched on there, and do not know of asynchronous calls.
    "scorer-on-failure" = {
      means   = "Lambda gave up on batches; they wait in the on-failure store for a redrive."
      runbook = "Batches in the on-failure store, and dead letters"
      metrics = {
        objects = {
          namespace  = "AWS/S3"
          name       = "PutRequests"
          dimensions = { BucketName = var.failure_store.bucket, FilterId = aws_s3_bucket_metric.on_failure.name }
          statistic  = "Sum"
        }
      }
      above   = var.alarms.on_failure_objects
      missing = "notBreaching" # S3 tells only of requests that there were
    }

    # The only dead-letter queue of a stack. It rings until the queue is empty again.
    "scorer-dead-letters" = {
      means   = "Messages lie in the dead-letter queue: the scorer failed them too often, or SNS could not hand them over."
      runbook = "Batches in the on-failure store, and dead letters"
      metrics = {
        messages = {
          namespace  = "AWS/SQS"
          name       = "ApproximateNumberOfMessagesVisible"
          dimensions = { QueueName = var.event_topic.dead_letter_queue_name }
          statistic  = "Maximum"
        }
      }
      above   = var.alarms.dead_letters
      missing = "notBreaching" # SQS tells nothing of a queue that has been empty and unused for six hours
    }
  }
}

# S3 counts requests only where it is told to; they are charged as metrics are.
resource "aws_s3_bucket_metric" "on_failure" {
  bucket = var.failure_store.bucket
  name   = "on-failure"

  filter {
    prefix = var.failure_store.on_failure_prefix
  }
}
