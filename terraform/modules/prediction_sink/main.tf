# One of the three exists; each file makes its own. The scorer may write to that one only.
locals {
  sink = merge(local.kinesis, local.sns, local.sqs)

  write_actions = {
    kinesis = ["kinesis:PutRecord", "kinesis:PutRecords"]
    sns     = ["sns:Publish"]
    sqs     = ["sqs:SendMessage"]
  }
}

resource "aws_iam_role_policy" "write" {
  name = "${trimsuffix(var.content, "s")}-sink"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.write_actions[var.type]
      Resource = local.sink.arn
    }]
  })
}
