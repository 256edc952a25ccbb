# SNS → Lambda: no queue, one event per invocation, up to two retries.

resource "aws_sns_topic_subscription" "function" {
  count = local.queued ? 0 : 1

  topic_arn      = local.topic.arn
  protocol       = "lambda"
  endpoint       = var.alias.arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter.arn })

  depends_on = [aws_lambda_permission.topic]
}

resource "aws_lambda_permission" "topic" {
  count = local.queued ? 0 : 1

  statement_id  = "event-topic"
  action        = "lambda:InvokeFunction"
  function_name = var.alias.function_name
  principal     = "sns.amazonaws.com"
  qualifier     = var.alias.name
  source_arn    = local.topic.arn
}
