# The batch function has a package and a concurrency of its own: a batch takes nothing of the stream's.
module "function" {
  source = "../lambda_function"

  architecture         = var.architecture
  description          = "Plans batches, scores their items, and counts what became of them"
  environment          = local.environment
  function             = "batch"
  handler              = "scorer.batch.handle"
  key_arn              = var.key_arn
  log_level            = var.log_level
  log_retention_days   = var.log_retention_days
  memory_mb            = var.memory_mb
  name                 = var.name
  package              = var.package
  place                = var.place
  region               = var.account.region
  reserved_concurrency = var.reserved_concurrency
  timeout_seconds      = var.timeout_seconds
}

locals {
  environment = merge(
    {
      BATCH_BUCKET = module.bucket.bucket
      DNS_SUFFIX   = var.account.dns_suffix
      MODEL_BUCKET = var.model_store.bucket
      MODEL_NAME   = var.model_name
      PARTITION    = var.account.partition
    },
    var.model_keys,
  )

  runs      = "runs/"
  uploads   = "uploads/"
  workflows = "workflows/"
}

# What runs write, and what operators upload to be scored.
module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-batch-${var.account.id}-${var.account.region}"
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # An item that is scored again overwrites its objects; the former versions are not needed.
  noncurrent_days = { "" = 1 }

  expire_days = {
    (local.runs)      = var.keep_days
    (local.uploads)   = var.keep_days
    (local.workflows) = var.keep_days
  }
}
