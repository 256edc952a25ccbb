# Exactly one of the types exists, or none where the sink exists already; each has a file. The scorer may write to that one
# only.
locals {
  created = var.existing == null ? merge(local.kinesis, local.sns, local.sqs, local.firehose, local.eventbridge, local.dynamodb) : {
    arn    = var.existing.arn
    name   = local.existing_name
    target = var.type == "sqs" ? local.existing_url : var.existing.arn
  }

  existing_parts = split(":", try(var.existing.arn, ""))
  existing_name  = reverse(split("/", reverse(local.existing_parts)[0]))[0]
  existing_url   = try(coalesce(var.existing.queue_url, "https://sqs.${local.existing_parts[3]}.${var.dns_suffix}/${local.existing_parts[4]}/${local.existing_name}"), null)

  write_actions = {
    dynamodb    = ["dynamodb:PutItem"]
    eventbridge = ["events:PutEvents"]
    firehose    = ["firehose:PutRecordBatch"]
    kinesis     = ["kinesis:PutRecord", "kinesis:PutRecords"]
    sns         = ["sns:Publish"]
    sqs         = ["sqs:SendMessage"]
  }

  read_actions = {
    dynamodb    = ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
    eventbridge = ["events:DeleteRule", "events:DescribeEventBus", "events:PutRule", "events:PutTargets", "events:RemoveTargets"]
    firehose    = ["firehose:DescribeDeliveryStream"]
    kinesis     = ["kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:SubscribeToShard"]
    sns         = ["sns:Subscribe"]
    sqs         = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = local.write_actions[var.type]
        Resource = local.created.arn
      }],
      # The stack's own key is opened by encryption.
      [for key in try(var.existing.key_arn[*], []) : { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = key }],
    )
  })
}

resource "aws_iam_role_policy" "write" {
  name   = "${trimsuffix(var.content, "s")}-sink"
  role   = var.role_name
  policy = local.policy
}
