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

variable "jwks_url" {
  description = "Where the tests' identity provider has its keys."
  type        = string
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.id
  sharing = ["it-topic-sink", "it-attached"]

  # Periods of one minute. The tests' events are one night's sessions, so columns do drift: only a test puts the metric above
  # this threshold.
  alarms = { columns_drifted = 1000, period_seconds = 60, silent_minutes = 2 }

  packages = {
    authorizer = "${path.module}/../../../build/authorizer-${var.architecture}.zip"
    batch      = "${path.module}/../../../build/batch-${var.architecture}.zip"
    evaluator  = "${path.module}/../../../build/evaluator-${var.architecture}.zip"
    http       = "${path.module}/../../../build/http-${var.architecture}.zip"
    release    = "${path.module}/../../../build/release-${var.architecture}.zip"
    scorer     = "${path.module}/../../../build/scorer-${var.architecture}.zip"
  }

  mapping       = { batch_size = 1000, maximum_retry_attempts = 20, record_age_seconds = 600, window_seconds = 0 }
  failure_store = { force_destroy = true, on_failure_days = 1, quarantine_days = 1 }
  model_store   = { force_destroy = true, release_days = 1 }

  capture = { force_destroy = true, keep_days = 1, write_seconds = 0 }

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

locals {
  # Each stack's callers are authorized in another way; the last one is at a function URL.
  http = {
    api_key = {
      access               = "api_key"
      health_routes        = true
      public_page          = true
      release_poll_seconds = 1
      throttle             = { rate = 10000, burst = 5000 } # schemathesis is quick
    }
    function_url = { kind = "function_url", release_poll_seconds = 1 }
    jwt = {
      access               = "jwt"
      jwt                  = { audience = "predictions", issuer = "https://id.example", jwks_url = var.jwks_url }
      release_poll_seconds = 1
    }
  }
}

module "queued" {
  source = "../../../terraform/modules/millrace"

  name            = "it-queued"
  alarms          = local.alarms
  architecture    = var.architecture
  batch           = { items_per_invocation = 2, maximum_concurrency = 4, retries = 1, tolerated_failure_percentage = 50 }
  capture         = local.capture
  evaluator       = local.evaluator
  event_objects   = { batch = { most_gib = 1 }, force_destroy = true, prefix = "large/", suffix = ".jsonl" }
  event_stream    = { shards = 2, mapping = local.mapping }
  event_topic     = { delivery = "queued", mapping = { batch_size = 10, window_seconds = 0 } }
  failure_store   = local.failure_store
  http            = local.http.api_key
  model_store     = merge(local.model_store, { publishers = [aws_iam_role.person.arn], signing_keys = ["1"] })
  packages        = local.packages
  prediction_sink = { type = "kinesis", kinesis = { shards = 2 } }
  scorer          = local.scorer
  shadow_sink     = { type = "sqs" }

  release_workflow = {
    evidence_seconds = 90
    poll_seconds     = 1
    retries          = 1
    training         = { function = { arn = aws_lambda_function.trainer.arn }, timeout_seconds = 15 }
  }
}

module "direct" {
  source = "../../../terraform/modules/millrace"

  name            = "it-direct"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = merge(local.mapping, { batch_size = 100, maximum_retry_attempts = 2 }) }
  event_bus       = {}
  event_objects   = { force_destroy = true, prefix = "new/" }
  event_schedule  = { bucket_arn = aws_s3_bucket.scheduled.arn, prefix = "daily/", schedule = "rate(1 minute)" }
  event_table     = { mapping = { maximum_retry_attempts = 2, window_seconds = 0 }, shards = 1 }
  event_topic     = { delivery = "direct" }
  failure_store   = local.failure_store
  http            = local.http.jwt
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sqs" }
  scorer          = local.scorer
}

module "topic_sink" {
  source = "../../../terraform/modules/millrace"

  name            = "it-topic-sink"
  architecture    = var.architecture
  encryption      = { existing = { key_arn = aws_kms_key.shared.arn } }
  event_stream    = { shards = 1, mapping = local.mapping }
  failure_store   = local.failure_store
  model           = { name = "online-shoppers" }
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sns" }
  scorer          = local.scorer
}

# A second model on the stream and the topic of the stack above, with its key, which no stack made, and a queue.
module "attached" {
  source = "../../../terraform/modules/millrace"

  name            = "it-attached"
  architecture    = var.architecture
  encryption      = { existing = { key_arn = aws_kms_key.shared.arn } }
  event_stream    = { existing = { arn = module.topic_sink.event_stream.arn, shards = 1 }, mapping = local.mapping }
  event_topic     = { existing = { arn = module.topic_sink.event_topic.arn }, mapping = { batch_size = 10, window_seconds = 0 } }
  failure_store   = local.failure_store
  http            = local.http.function_url
  model           = { name = "second" }
  model_store     = local.model_store
  packages        = local.packages
  prediction_sink = { type = "sqs", existing = { arn = aws_sqs_queue.scores.arn, queue_url = aws_sqs_queue.scores.url } }
  scorer          = local.scorer
}

# The sinks that no stack above has, for a role of their own (test_sinks.py).
module "sinks" {
  source   = "../../../terraform/modules/prediction_sink"
  for_each = toset(["dynamodb", "eventbridge", "firehose"])

  account   = { id = local.account, kms_suffixes = ["amazonaws.com"], region = local.region }
  firehose  = { compression = "UNCOMPRESSED", encrypt = false, force_destroy = true }
  key_arn   = aws_kms_key.shared.arn
  name      = "it-${each.key}"
  role_name = aws_iam_role.sinks[each.key].name
  type      = each.key
}

resource "aws_iam_role" "sinks" {
  for_each = toset(["dynamodb", "eventbridge", "firehose"])

  name               = "it-sinks-${each.key}"
  assume_role_policy = aws_iam_role.person.assume_role_policy
}

# What modules/encryption gives the scorer.
resource "aws_iam_role_policy" "sinks" {
  for_each = aws_iam_role.sinks

  name = "key"
  role = each.value.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = aws_kms_key.shared.arn }]
  })
}

# A training task that fails, or takes its time, as its input says (test_release_workflow.py).
resource "aws_lambda_function" "trainer" {
  function_name    = "it-trainer"
  filename         = "${path.module}/../../../build/it-trainer.zip"
  source_code_hash = filebase64sha256("${path.module}/../../../build/it-trainer.zip")
  handler          = "training_task.handle"
  runtime          = "python3.13"
  architectures    = [var.architecture]
  timeout          = 60
  role             = aws_iam_role.trainer.arn
}

resource "aws_iam_role" "trainer" {
  name = "it-training-task"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_s3_bucket" "scheduled" {
  bucket        = "it-scheduled"
  force_destroy = true
}

# An operator who may publish models.
resource "aws_iam_role" "person" {
  name = "it-person"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${local.account}:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# What the output encryption.key_policy asks for, for both stacks.
resource "aws_kms_key" "shared" {
  description = "Events, predictions, models and logs of two stacks"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "EventTopic"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:${local.region}:${local.account}:it-topic-sink-events" } }
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { ArnLike = { "aws:SourceArn" = [for name in local.sharing : "arn:aws:cloudwatch:${local.region}:${local.account}:alarm:${name}-*"] } }
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = concat(
          [for name in local.sharing : "arn:aws:logs:${local.region}:${local.account}:log-group:/aws/lambda/${name}-scorer"],
          ["arn:aws:logs:${local.region}:${local.account}:log-group:/aws/lambda/it-attached-http"],
        ) } }
      },
    ]
  })
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
  onnx            = true
  packages        = merge(local.packages, { scorer = "${path.module}/../../../build/scorer-${var.architecture}-onnx.zip" })
  prediction_sink = { type = "kinesis", kinesis = { shards = 1, wire = "cbor" } }
  scorer          = local.scorer
}

# A consumer of predictions: a queue that is subscribed to the sink's topic.
resource "aws_sqs_queue" "observer" {
  name = "it-observer"
}

resource "aws_sqs_queue_policy" "observer" {
  queue_url = aws_sqs_queue.observer.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.observer.arn
      Condition = { ArnEquals = { "aws:SourceArn" = module.topic_sink.prediction_sink.arn } }
    }]
  })
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

output "sinks" {
  value      = { role_arns = { for type, role in aws_iam_role.sinks : type => role.arn }, sinks = { for type, module in module.sinks : type => module.sink } }
  depends_on = [aws_iam_role_policy.sinks]
}
