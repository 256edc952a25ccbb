# Models: where they are kept, what makes versions of them, and what brings one into production.

locals {
  # What whoever loads a model verifies its signature with.
  model_keys = merge(
    length(module.model_store.public_keys) == 0 || var.model_store.verify == "kms" ? {} : {
      MODEL_PUBLIC_KEYS = join(",", module.model_store.public_keys)
    },
    length(module.model_store.verifying_key_arns) == 0 ? {} : {
      MODEL_KMS_KEYS = join(",", module.model_store.verifying_key_arns)
    },
  )

  # What a function needs to find the model, and to verify it.
  model_environment = merge(
    {
      DNS_SUFFIX   = local.account.dns_suffix
      MODEL_BUCKET = module.model_store.bucket
      MODEL_NAME   = var.model.name
    },
    local.model_keys,
  )
}

module "model_store" {
  source = "../model_store"

  account       = local.account
  existing      = var.model_store.existing
  force_destroy = var.model_store.force_destroy
  key_arn       = module.encryption.key_arn
  model_name    = var.model.name
  name          = var.name
  object_lock   = var.model_store.object_lock
  place         = var.functions
  publishers    = var.model_store.publishers
  release_days  = var.model_store.release_days
  role_name     = module.scorer.role_name
  signing_keys  = var.model_store.signing_keys
  verify        = var.model_store.verify
}

# Off the flow of events: tables become versions of the model.
module "trainer" {
  source = "../trainer"
  count  = var.trainer == null ? 0 : 1

  account            = local.account
  architecture       = var.architecture
  framework          = var.trainer.framework
  key_arn            = module.encryption.key_arn
  log_level          = var.trainer.log_level
  log_retention_days = var.trainer.log_retention_days
  memory_mb          = var.trainer.memory_mb
  model_name         = var.model.name
  model_store        = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name               = var.name
  package            = var.packages.trainer
  place              = var.functions
  slow_percent       = var.trainer.slow_percent
  table_key_arns     = var.trainer.table_key_arns
  tables             = var.trainer.tables
  timeout_seconds    = var.trainer.timeout_seconds
}

# Off the flow of events: it changes the release, step by step.
module "release_workflow" {
  source = "../release_workflow"
  count  = var.release_workflow == null ? 0 : 1

  account                = local.account
  approval               = var.release_workflow.approval
  architecture           = var.architecture
  batch                  = one([for batch in module.batch : { bucket = batch.bucket, state_machine_arn = batch.state_machine_arn }])
  evaluation             = { bucket = module.evaluator[0].bucket }
  evidence_seconds       = var.release_workflow.evidence_seconds
  key_arn                = module.encryption.key_arn
  log_level              = var.release_workflow.log_level
  log_retention_days     = var.release_workflow.log_retention_days
  memory_mb              = try(coalesce(var.release_workflow.memory_mb, var.scorer.memory_mb), null)
  model_keys             = local.model_keys
  model_name             = var.model.name
  model_store            = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name                   = var.name
  package                = var.packages.release
  place                  = var.functions
  poll_seconds           = var.release_workflow.poll_seconds
  publisher_role_name    = module.model_store.publisher_role_name
  retries                = var.release_workflow.retries
  scorer_package         = var.packages.scorer
  stages                 = var.release_workflow.stages
  store_key_arns         = compact([try(var.model_store.existing.key_arn, null), var.release_workflow.topic_key_arn])
  topic_arn              = module.observability.topic_arn
  training               = var.release_workflow.training
  verify_timeout_seconds = var.release_workflow.verify_timeout_seconds
  verifying_key_arns     = module.model_store.verifying_key_arns
}
