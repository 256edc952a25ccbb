# Five stacks, so that one apply covers every delivery and every kind of sink. The first one signs its models, has a sink for a
# shadow, and an evaluator; one is attached to what others made, and one is for users' journeys.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  backend "s3" {}
}

variable "architecture" {
  description = "Architecture of the machine that the tests run on."
  type        = string
}

locals {
  # Periods of one minute. The tests' events are one night's sessions, so columns do drift: only a test puts the metric above
  # this threshold.
  alarms = { columns_drifted = 1000, period_seconds = 60, silent_minutes = 2 }

  packages = {
    evaluator = "${path.module}/../../../build/evaluator.zip"
    scorer    = "${path.module}/../../../build/scorer-${var.architecture}.zip"
  }

  mapping       = { batch_size = 1000, maximum_retry_attempts = 20, record_age_seconds = 600, window_seconds = 0 }
  failure_store = { force_destroy = true, on_failure_days = 1, quarantine_days = 1 }
  model_store   = { force_destroy = true, release_days = 1 }

  evaluator = {
    drift            = { write_seconds = 1 }
    force_destroy    = true
    keep_days        = 3
    mapping          = { window_seconds = 0 }
    outcomes         = { retention_hours = 24, shards = 1 }
    schedule_minutes = 1
  }

  scorer = {
    release_poll_seconds = 1
    reserved_concurrency = 10
    timeout_seconds      = 10
  }
}

module "queued" {
  source = "../../../terraform/modules/millrace"

  name            = "it-queued"
  alarms          = local.alarms
  architecture    = var.architecture
  evaluator       = local.evaluator
  event_stream    = { shards = 2, mapping = local.mapping }
  event_topic     = { delivery = "queued", mapping = { batch_size = 10, window_seconds = 0 } }
  failure_store   = local.failure_store
  model_store     = merge(local.model_store, { signing_keys = ["1"] })
  packages        = local.packages
  prediction_sink = { type = "kinesis", kinesis = { shards = 2 } }
  scorer          = local.scorer
  shadow_sink     = { type = "sqs" }
}

module "direct" {
  source = "../../../terraform/modules/millrace"

  name            = "it-direct"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = merge(local.mapping, { batch_size = 100, maximum_retry_attempts = 2 }) }
  event_topic     = { delivery = "direct" }
  failure_store   = local.failure_store
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sqs" }
  scorer          = local.scorer
}

module "topic_sink" {
  source = "../../../terraform/modules/millrace"

  name            = "it-topic-sink"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = local.mapping }
  failure_store   = local.failure_store
  model           = { name = "online-shoppers" }
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sns" }
  scorer          = local.scorer
}

# A second model on the stream and the topic of the stack above, with its key, and a queue that no stack made.
module "attached" {
  source = "../../../terraform/modules/millrace"

  name            = "it-attached"
  architecture    = var.architecture
  encryption      = { existing = { key_arn = module.topic_sink.encryption.key_arn } }
  event_stream    = { existing = { arn = module.topic_sink.event_stream.arn, shards = 1 }, mapping = local.mapping }
  event_topic     = { existing = { arn = module.topic_sink.event_topic.arn }, mapping = { batch_size = 10, window_seconds = 0 } }
  failure_store   = local.failure_store
  model           = { name = "second" }
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sqs", existing = { arn = aws_sqs_queue.scores.arn, queue_url = aws_sqs_queue.scores.url } }
  scorer          = local.scorer
}

resource "aws_sqs_queue" "scores" {
  name = "it-scores"
}

# What users start with: the journeys of test_journeys.py, with a model of their own.
module "journeys" {
  source = "../../../terraform/modules/millrace"

  name            = "it-journeys"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = local.mapping }
  failure_store   = local.failure_store
  model           = { name = "journey" }
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "kinesis", kinesis = { shards = 1 } }
  scorer          = local.scorer
}

# A consumer of predictions: a queue that is subscribed to the sink's topic.
resource "aws_sqs_queue" "observer" {
  name = "it-observer"
}

resource "aws_sns_topic_subscription" "observer" {
  topic_arn            = module.topic_sink.prediction_sink.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.observer.arn
  raw_message_delivery = true
}

output "attached" {
  value = module.attached
}

output "direct" {
  value = module.direct
}

output "journeys" {
  value = module.journeys
}

output "observer_url" {
  value = aws_sqs_queue.observer.url
}

output "queued" {
  value = module.queued
}

output "topic_sink" {
  value = module.topic_sink
}
