resource "aws_kinesis_stream" "events" {
  count = var.existing == null ? 1 : 0

  name             = "${var.name}-events${local.suffix}"
  encryption_type  = "KMS"
  kms_key_id       = var.key_arn
  retention_period = local.retention_hours
  shard_count      = var.shards

  stream_mode_details {
    stream_mode = var.shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

# Retries are finite, bisecting isolates the bad record, and what still fails goes whole to the failure store. So one bad
# record blocks its shard for minutes at most.
resource "aws_lambda_event_source_mapping" "events" {
  event_source_arn = var.mapping.enhanced_fan_out ? aws_kinesis_stream_consumer.scorer[0].arn : local.stream.arn
  function_name    = var.alias.arn

  batch_size                         = var.mapping.batch_size
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = var.mapping.window_seconds
  maximum_record_age_in_seconds      = var.mapping.record_age_seconds
  maximum_retry_attempts             = var.mapping.maximum_retry_attempts
  parallelization_factor             = var.mapping.parallelization_factor
  starting_position                  = var.mapping.starting_position
  starting_position_timestamp        = var.mapping.starting_position_timestamp

  dynamic "filter_criteria" {
    for_each = length(var.mapping.filters) == 0 ? [] : [var.mapping.filters]

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  destination_config {
    on_failure {
      destination_arn = var.failure_arn
    }
  }

  depends_on = [aws_iam_role_policy.read]
}

# Reads of its own, 2 MB/s a shard, for a stream that others read too.
resource "aws_kinesis_stream_consumer" "scorer" {
  count = var.mapping.enhanced_fan_out ? 1 : 0

  name       = "${var.name}-scorer${local.suffix}"
  stream_arn = local.stream.arn
}

resource "aws_iam_role_policy" "read" {
  name   = "event-stream${local.suffix}"
  role   = var.role_name
  policy = local.policy
}

locals {
  suffix          = var.label == null ? "" : "-${var.label}"
  retention_hours = var.existing == null ? coalesce(var.retention_hours, 48) : var.existing.retention_hours
  shards          = coalesce(var.shards, try(var.existing.shards, null), 4) # on-demand streams start with 4

  stream = var.existing == null ? { arn = aws_kinesis_stream.events[0].arn, name = aws_kinesis_stream.events[0].name } : {
    arn  = var.existing.arn
    name = reverse(split("/", var.existing.arn))[0]
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
        Resource = local.stream.arn
      }],
      [for consumer in aws_kinesis_stream_consumer.scorer : { Effect = "Allow", Action = ["kinesis:SubscribeToShard"], Resource = consumer.arn }],
      # The stack's own key is opened by encryption.
      [for key in try(var.existing.key_arn[*], []) : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })
}
