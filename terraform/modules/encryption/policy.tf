# In a key policy, Resource "*" means this key alone.
locals {
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Delegates access to IAM policies. Without it, no principal could administer the key.
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = local.arn.root }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # SNS delivers messages of the event topic to encrypted queues. The ARN has the account in it. No document shows
        # that SNS sends aws:SourceAccount, and a condition on a key that is not sent denies the request.
        Sid       = "EventTopic"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { ArnEquals = { "aws:SourceArn" = local.arn.topic } }
      },
      {
        # CloudWatch publishes to the encrypted topic of the stack's alarms.
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account.id }
          ArnLike      = { "aws:SourceArn" = local.arn.alarms }
        }
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.account.region}.${var.account.dns_suffix}" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource  = "*"
        Condition = {
          ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = local.arn.log_groups }
        }
      },
    ]
  })
}
