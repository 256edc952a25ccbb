resource "aws_kinesis_stream" "predictions" {
  count = var.type == "kinesis" && var.existing == null ? 1 : 0

  name             = "${var.name}-${var.content}"
  encryption_type  = "KMS"
  kms_key_id       = var.key_arn
  retention_period = var.kinesis.retention_hours
  shard_count      = var.kinesis.shards

  stream_mode_details {
    stream_mode = var.kinesis.shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

locals {
  kinesis = one([for stream in aws_kinesis_stream.predictions : {
    arn    = stream.arn
    name   = stream.name
    target = stream.arn
  }])
}
