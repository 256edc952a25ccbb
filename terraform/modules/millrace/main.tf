# One module call for each box of the architecture diagram. Here are the key, the scorer and the failure store; sources.tf,
# models.tf and sinks.tf have those of a kind, and each optional box has a file of its name.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = {
    dns_suffix = data.aws_partition.current.dns_suffix
    id         = data.aws_caller_identity.current.account_id
    # Outside the commercial partition AWS's documents show both suffixes in kms:ViaService; only the right one matches.
    kms_suffixes = distinct(["amazonaws.com", data.aws_partition.current.dns_suffix])
    partition    = data.aws_partition.current.partition
    region       = data.aws_region.current.id
  }

  # What producers and consumers need in addition, where their stream, topic or queue is encrypted with the stack's key.
  use_key = [{ Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = module.encryption.key_arn }]
}

module "encryption" {
  source = "../encryption"

  account              = local.account
  deletion_window_days = var.encryption.deletion_window_days
  existing             = var.encryption.existing
  functions = concat(
    ["scorer"],
    var.evaluator == null ? [] : ["evaluator"],
    var.batch == null ? [] : ["batch"],
    var.http == null ? [] : ["http"],
    var.release_workflow == null ? [] : ["release", "release-verify"],
    var.trainer == null ? [] : ["trainer"],
    try(var.http.jwt, null) == null ? [] : ["authorizer"],
  )
  log_groups = concat(
    var.batch == null ? [] : ["/aws/vendedlogs/states/${var.name}-batch"],
    try(coalesce(var.batch.workflow, false), false) ? ["/aws/vendedlogs/states/${var.name}-workflow"] : [],
    var.http == null ? [] : ["/aws/apigateway/${var.name}-http"],
    var.release_workflow == null ? [] : ["/aws/vendedlogs/states/${var.name}-release"],
  )
  name      = var.name
  role_name = module.scorer.role_name
  topic_arn = try(var.event_topic.existing.arn, null)
}

module "scorer" {
  source = "../scorer"

  alarms                  = var.alarms
  architecture            = var.architecture
  ephemeral_storage_mb    = var.scorer.ephemeral_storage_mb
  existing_log_group      = var.scorer.existing_log_group
  extra_environment       = var.scorer.environment
  key_arn                 = module.encryption.key_arn
  layers                  = var.scorer.layers
  log_level               = var.scorer.log_level
  log_retention_days      = var.scorer.log_retention_days
  memory_mb               = var.scorer.memory_mb
  name                    = var.name
  package                 = var.packages.scorer
  place                   = var.functions
  policy_arns             = var.scorer.policy_arns
  provisioned_concurrency = var.scorer.provisioned_concurrency
  region                  = local.account.region
  release_poll_seconds    = var.scorer.release_poll_seconds
  reserved_concurrency    = var.scorer.reserved_concurrency
  snap_start              = var.scorer.snap_start
  timeout_seconds         = var.scorer.timeout_seconds
  tracing                 = var.scorer.tracing

  environment = merge(
    local.model_environment,
    {
      PREDICTION_SINK_TYPE   = module.prediction_sink.sink.type
      PREDICTION_SINK_TARGET = module.prediction_sink.sink.target
      FAILURE_BUCKET         = module.failure_store.bucket
      QUARANTINE_PREFIX      = module.failure_store.quarantine_prefix
    },
    # ONNX Runtime's, which the scorer sets too before it loads the library.
    var.onnx ? { ORT_DISABLE_TELEMETRY = "1" } : {},
    { for name, value in module.prediction_sink.settings : "PREDICTION_SINK_${name}" => value },
    local.drift,
    local.capture,
    try(module.event_objects[0].environment, {}), # by its index: of the whole module it would be a cycle
    [for shadow in module.shadow_sink : {
      SHADOW_SINK_TYPE   = shadow.sink.type
      SHADOW_SINK_TARGET = shadow.sink.target
    }]...
  )
}

module "failure_store" {
  source = "../failure_store"

  account         = local.account
  alarms          = var.alarms
  existing        = var.failure_store.existing
  force_destroy   = var.failure_store.force_destroy
  key_arn         = module.encryption.key_arn
  name            = var.name
  on_failure_days = var.failure_store.on_failure_days
  quarantine_days = var.failure_store.quarantine_days
  role_name       = module.scorer.role_name
}
