# Alarms go to var.alarms.topic_arn, or else to a topic of the stack's own.
locals {
  own_topic = var.alarms.topic_arn == null
  topic_arn = local.own_topic ? aws_sns_topic.alarms[0].arn : var.alarms.topic_arn
}

resource "aws_sns_topic" "alarms" {
  count = local.own_topic ? 1 : 0

  name              = "${var.name}-alarms"
  kms_master_key_id = var.key_arn
}

# Of services, only CloudWatch may publish, and only alarms of this stack. The key's policy has the same condition. The release
# workflow publishes by its role's own policy.
resource "aws_sns_topic_policy" "alarms" {
  count = local.own_topic ? 1 : 0

  arn = aws_sns_topic.alarms[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account.id }
          ArnLike      = { "aws:SourceArn" = "arn:${var.account.partition}:cloudwatch:${var.account.region}:${var.account.id}:alarm:${var.name}-*" }
        }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# Each address receives a confirmation link, and alarms only after it was confirmed.
resource "aws_sns_topic_subscription" "email" {
  for_each = local.own_topic ? toset(var.alarms.emails) : toset([])

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = each.value
}
