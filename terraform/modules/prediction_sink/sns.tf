resource "aws_sns_topic" "predictions" {
  count = var.type == "sns" && var.existing == null ? 1 : 0

  name              = "${var.name}-${var.content}"
  kms_master_key_id = var.key_arn
}

locals {
  sns = one([for topic in aws_sns_topic.predictions : {
    arn    = topic.arn
    name   = topic.name
    target = topic.arn
  }])
}
