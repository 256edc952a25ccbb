# A stack on a stream and into a queue that exist already. The stack makes neither, and changes neither.

resource "aws_kinesis_stream" "orders" {
  name            = "orders"
  encryption_type = "KMS"
  kms_key_id      = aws_kms_key.company.arn
  shard_count     = 2
}

resource "aws_sqs_queue" "scores" {
  name              = "order-scores"
  kms_master_key_id = aws_kms_key.company.arn
}

resource "aws_kms_key" "company" {
  description         = "Orders and their scores"
  enable_key_rotation = true
}

module "millrace" {
  source = "../../modules/millrace"

  name     = "orders"
  packages = { scorer = var.scorer_package }

  event_stream = {
    existing = { arn = aws_kinesis_stream.orders.arn, key_arn = aws_kms_key.company.arn, retention_hours = 24, shards = 2 }
  }

  prediction_sink = {
    type     = "sqs"
    existing = { arn = aws_sqs_queue.scores.arn, key_arn = aws_kms_key.company.arn, queue_url = aws_sqs_queue.scores.url }
  }
}
