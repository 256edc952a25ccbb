# A stack whose stream and topic belong to another account, whose owner applies the policies in the outputs.

module "millrace" {
  source = "../../modules/millrace"

  name         = "partner"
  packages     = { scorer = var.scorer_package }
  event_stream = { existing = { arn = var.stream_arn, key_arn = var.stream_key_arn } }
  event_topic  = { existing = { arn = var.topic_arn } }
}

# What the other account adds to the resource policy of its stream: `aws kinesis put-resource-policy`.
output "stream_policy" {
  value = module.millrace.policies.attached["event_stream"]
}

# The stack's queue subscribes with the credentials of whoever applies this configuration.
output "topic_policy" {
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "sns:Subscribe"
      Resource  = var.topic_arn
    }]
  })
}

# What the other account adds to the policy of the key that encrypts the stream.
output "key_policy" {
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = module.millrace.scorer.role_arn }
      Action    = "kms:Decrypt"
      Resource  = "*"
    }]
  })
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
