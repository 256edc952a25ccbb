resource "aws_sns_topic" "predictions" {
  count = var.type == "sns" && var.existing == null ? 1 : 0

  name              = "${var.name}-${var.content}"
  kms_master_key_id = var.key_arn
}

resource "aws_sns_topic_policy" "tls_only" {
  count = length(aws_sns_topic.predictions)

  arn = aws_sns_topic.predictions[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.predictions[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

locals {
  sns = one([for topic in aws_sns_topic.predictions : {
    arn    = topic.arn
    name   = topic.name
    target = topic.arn
  }])
}
