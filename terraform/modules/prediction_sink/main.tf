# Exactly one of the three exists; each has a file. The scorer may write to that one only.
locals {
  created = merge(local.kinesis, local.sns, local.sqs)

  write_actions = {
    kinesis = ["kinesis:PutRecord", "kinesis:PutRecords"]
    sns     = ["sns:Publish"]
    sqs     = ["sqs:SendMessage"]
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.write_actions[var.type]
      Resource = local.created.arn
    }]
  })
}

resource "aws_iam_role_policy" "write" {
  name   = "${trimsuffix(var.content, "s")}-sink"
  role   = var.role_name
  policy = local.policy
}
