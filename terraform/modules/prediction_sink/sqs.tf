resource "aws_sqs_queue" "predictions" {
  count = var.type == "sqs" && var.existing == null ? 1 : 0

  name                       = "${var.name}-${var.content}"
  kms_master_key_id          = var.key_arn
  message_retention_seconds  = var.sqs.retention_seconds
  visibility_timeout_seconds = var.sqs.visibility_seconds
}

resource "aws_sqs_queue_policy" "tls_only" {
  count = length(aws_sqs_queue.predictions)

  queue_url = aws_sqs_queue.predictions[0].url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.predictions[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

locals {
  sqs = one([for queue in aws_sqs_queue.predictions : {
    arn    = queue.arn
    name   = queue.name
    target = queue.url
  }])
}
