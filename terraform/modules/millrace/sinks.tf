# Where predictions go.

locals {
  # What observability and the outputs go through.
  sinks = merge(
    { prediction_sink = module.prediction_sink.sink },
    { for shadow in module.shadow_sink : "shadow_sink" => shadow.sink },
  )
}

module "prediction_sink" {
  source = "../prediction_sink"

  account    = local.account
  key_arn    = module.encryption.key_arn
  dns_suffix = local.account.dns_suffix
  dynamodb   = var.prediction_sink.dynamodb
  existing   = var.prediction_sink.existing
  firehose   = var.prediction_sink.firehose
  kinesis    = var.prediction_sink.kinesis
  name       = var.name
  place      = var.functions
  role_name  = module.scorer.role_name
  sqs        = var.prediction_sink.sqs
  type       = var.prediction_sink.type
}

module "shadow_sink" {
  source = "../prediction_sink"
  count  = var.shadow_sink == null ? 0 : 1

  account    = local.account
  content    = "shadow-predictions"
  key_arn    = module.encryption.key_arn
  dns_suffix = local.account.dns_suffix
  dynamodb   = var.shadow_sink.dynamodb
  existing   = var.shadow_sink.existing
  firehose   = var.shadow_sink.firehose
  kinesis    = var.shadow_sink.kinesis
  name       = var.name
  place      = var.functions
  role_name  = module.scorer.role_name
  sqs        = var.shadow_sink.sqs
  type       = var.shadow_sink.type
}
