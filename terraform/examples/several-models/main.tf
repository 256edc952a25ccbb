# Two models on one stream: each is a stack of its own, with its own function, releases, predictions and failures. Prediction ids
# begin with the model's name, so none collide.

resource "aws_kinesis_stream" "events" {
  name            = "visits"
  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"
  shard_count     = 2
}

module "millrace" {
  source   = "../../modules/millrace"
  for_each = toset(["churn", "fraud"])

  name         = "visits-${each.key}"
  model        = { name = each.key }
  packages     = { scorer = var.scorer_package }
  event_stream = { existing = { arn = aws_kinesis_stream.events.arn, shards = 2 } }
}

# `terraform output -json millrace | jq .churn` is what `millrace stack add` reads.
output "millrace" {
  value = module.millrace
}
