# Only this topic may send to the queues, over TLS.
locals {
  queue_policies = {
    for queue in [local.queue, local.dead_letter] : queue => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "Topic"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "${local.queue_arn_prefix}${queue}"
          Condition = { ArnEquals = { "aws:SourceArn" = local.topic.arn } }
        },
        {
          Sid       = "TlsOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "${local.queue_arn_prefix}${queue}"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    })
  }
}
