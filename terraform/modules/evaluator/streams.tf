resource "aws_kinesis_stream" "outcomes" {
  name             = "${var.name}-outcomes"
  encryption_type  = "KMS"
  kms_key_id       = var.key_arn
  retention_period = var.outcomes.retention_hours
  shard_count      = var.outcomes.shards

  stream_mode_details {
    stream_mode = var.outcomes.shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

locals {
  streams = merge(var.prediction_streams, { outcomes = aws_kinesis_stream.outcomes.arn })
}

# Large batches, because each writes an object for each hour in it, and latency does not matter here.
resource "aws_lambda_event_source_mapping" "collect" {
  for_each = local.streams

  event_source_arn = each.value
  function_name    = module.function.alias.arn

  batch_size                         = var.mapping.batch_size
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = var.mapping.window_seconds
  maximum_record_age_in_seconds      = var.mapping.record_age_seconds
  maximum_retry_attempts             = var.mapping.maximum_retry_attempts
  starting_position                  = "TRIM_HORIZON"

  destination_config {
    on_failure {
      destination_arn = module.bucket.arn
    }
  }

  depends_on = [aws_iam_role_policy.collect, aws_iam_role_policy.store, aws_iam_role_policy.use]
}
