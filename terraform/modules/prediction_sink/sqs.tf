resource "aws_sqs_queue" "predictions" {
  count = var.type == "sqs" && var.existing == null ? 1 : 0

  name                       = "${var.name}-${var.content}"
  kms_master_key_id          = var.key_arn
  message_retention_seconds  = var.sqs.retention_seconds
  visibility_timeout_seconds = var.sqs.visibility_seconds
}

locals {
  sqs = one([for queue in aws_sqs_queue.predictions : {
    arn    = queue.arn
    name   = queue.name
    target = queue.url
  }])
}
