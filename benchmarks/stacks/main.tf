# Two stacks on one LocalStack: the scorer, and in its place a function that handles records one by one.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  backend "s3" {}
}

variable "architecture" {
  description = "Architecture of the machine that the benchmark runs on."
  type        = string
}

variable "one_by_one" {
  description = "Package of the function that handles records one by one."
  type        = string
}

variable "scorer" {
  description = "Package of the scorer."
  type        = string
}

locals {
  failure_store = { force_destroy = true, on_failure_days = 1, quarantine_days = 1 }
  mapping       = { batch_size = 5000, maximum_retry_attempts = 20, record_age_seconds = 3600, window_seconds = 0 }
  model_store   = { force_destroy = true, release_days = 1 }
  scorer        = { release_poll_seconds = 60, reserved_concurrency = 10, timeout_seconds = 60 }
}

module "scorer" {
  source = "../../terraform/modules/millrace"

  name            = "bench-scorer"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = local.mapping }
  failure_store   = local.failure_store
  model_store     = local.model_store
  packages        = { scorer = var.scorer }
  prediction_sink = { type = "kinesis", kinesis = { shards = 1 } }
  scorer          = local.scorer
}

module "one_by_one" {
  source = "../../terraform/modules/millrace"

  name            = "bench-one-by-one"
  architecture    = var.architecture
  event_stream    = { shards = 1, mapping = local.mapping }
  failure_store   = local.failure_store
  model_store     = local.model_store
  packages        = { scorer = var.one_by_one }
  prediction_sink = { type = "kinesis", kinesis = { shards = 1 } }
  scorer          = local.scorer
}

output "one_by_one" {
  value = module.one_by_one
}

output "scorer" {
  value = module.scorer
}
