# A table whose new and changed items are events.
resource "aws_dynamodb_table" "events" {
  count = var.existing == null ? 1 : 0

  name                        = "${var.name}-events"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.table.deletion_protection
  hash_key                    = var.table.key
  stream_enabled              = true
  stream_view_type            = "NEW_IMAGE"

  attribute {
    name = var.table.key
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.table.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key_arn
  }
}

# As of a Kinesis stream: finite retries, bisecting, and what still fails goes whole to the failure store. Removed items
# have no new image; with this filter Lambda does not invoke the scorer for them.
resource "aws_lambda_event_source_mapping" "events" {
  event_source_arn = local.stream.arn
  function_name    = var.alias.arn

  batch_size                         = var.mapping.batch_size
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = var.mapping.window_seconds
  maximum_record_age_in_seconds      = var.mapping.record_age_seconds
  maximum_retry_attempts             = var.mapping.maximum_retry_attempts
  parallelization_factor             = var.mapping.parallelization_factor
  starting_position                  = var.mapping.starting_position

  filter_criteria {
    filter {
      pattern = jsonencode({ eventName = ["INSERT", "MODIFY"] })
    }
  }

  destination_config {
    on_failure {
      destination_arn = var.failure_arn
    }
  }

  depends_on = [aws_iam_role_policy.read]
}

resource "aws_iam_role_policy" "read" {
  name   = "event-table"
  role   = var.role_name
  policy = local.policy
}

locals {
  # arn:partition:dynamodb:region:account:table/name/stream/label
  stream = var.existing == null ? {
    arn       = aws_dynamodb_table.events[0].stream_arn
    name      = aws_dynamodb_table.events[0].name
    table_arn = aws_dynamodb_table.events[0].arn
    } : {
    arn       = var.existing.stream_arn
    name      = split("/", var.existing.stream_arn)[1]
    table_arn = split("/stream/", var.existing.stream_arn)[0]
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = local.stream.arn
      }],
      # It is checked on all streams of the account.
      [{
        Effect   = "Allow"
        Action   = "dynamodb:ListStreams"
        Resource = "*"
      }],
      # The stack's own key is opened by encryption.
      [for key in try(var.existing.key_arn[*], []) : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })
}
