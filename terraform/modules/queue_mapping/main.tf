locals {
  # Limits of Lambda for FIFO queues.
  batch_size     = var.fifo ? min(10, var.mapping.batch_size) : var.mapping.batch_size
  window_seconds = var.fifo ? 0 : var.mapping.window_seconds

  maximum_concurrency = coalesce(var.mapping.maximum_concurrency, var.default_concurrency)

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = var.queue_arn
      }],
      # The stack's own key is opened by encryption.
      [for key in var.queue_key_arn[*] : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })
}

resource "aws_lambda_event_source_mapping" "queue" {
  event_source_arn = var.queue_arn
  function_name    = var.alias.arn

  batch_size                         = local.batch_size
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = local.window_seconds

  # Without a limit Lambda starts with five batches at once and adds more, whatever the function's concurrency is; messages
  # that it receives for throttled invocations count as failed, and end in the dead-letter queue.
  scaling_config {
    maximum_concurrency = local.maximum_concurrency
  }

  depends_on = [aws_iam_role_policy.receive]
}

resource "aws_iam_role_policy" "receive" {
  name   = var.policy_name
  role   = var.role_name
  policy = local.policy
}
