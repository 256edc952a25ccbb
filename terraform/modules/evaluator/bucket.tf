locals {
  # Lambda writes its on-failure objects below aws/lambda/ and lets nobody choose otherwise.
  on_failure_prefix = "aws/lambda/"
  quarantine_prefix = "quarantine/"
  hours_prefix      = "evaluation/${var.model_name}/hours/"

  expire_days = {
    (local.drift_prefix)      = var.keep_days
    (local.hours_prefix)      = var.hours_days
    (local.on_failure_prefix) = var.keep_days
    (local.quarantine_prefix) = var.keep_days
    "evaluation/outcomes/"    = var.keep_days
    "evaluation/predictions/" = var.keep_days
  }
}

module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-evaluation-${var.account.id}"
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # An hour that changed writes over itself; nobody asks for what it was before.
  noncurrent_days = { "" = 1 }

  expire_days = local.expire_days
}
