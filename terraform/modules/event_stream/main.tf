resource "aws_kinesis_stream" "events" {
  name             = "${var.name}-events"
  encryption_type  = "KMS"
  kms_key_id       = var.key_arn
  retention_period = var.retention_hours
  shard_count      = var.shards

  stream_mode_details {
    stream_mode = var.shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

# Retries are finite, bisecting isolates the bad record, and what still fails goes whole to the failure store. So one bad
# record blocks its shard for minutes at most.
resource "aws_lambda_event_source_mapping" "events" {
  event_source_arn = aws_kinesis_stream.events.arn
  function_name    = var.alias.arn

  batch_size                         = var.mapping.batch_size
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = var.mapping.window_seconds
  maximum_record_age_in_seconds      = var.mapping.record_age_seconds
  maximum_retry_attempts             = var.mapping.maximum_retry_attempts
  parallelization_factor             = var.mapping.parallelization_factor
  starting_position                  = var.mapping.starting_position

  destination_config {
    on_failure {
      destination_arn = var.failure_arn
    }
  }

  depends_on = [aws_iam_role_policy.read]
}

resource "aws_iam_role_policy" "read" {
  name   = "event-stream"
  role   = var.role_name
  policy = local.policy
}

locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      Resource = aws_kinesis_stream.events.arn
    }]
  })
}
