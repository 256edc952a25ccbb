# A member that is left out takes the default of the module that it is passed to. Defaults and limits are written once, in
# <module>/variables.tf; README.md lists them.

variable "alarms" {
  description = "Thresholds and period of the alarms, and where they go: the SNS topic topic_arn, or the stack's own, which emails subscribe to."
  type = object({
    capture_failures        = optional(number)
    columns_drifted         = optional(number)
    dead_letters            = optional(number)
    emails                  = optional(list(string))
    errors                  = optional(number)
    event_age_seconds       = optional(number)
    iterator_age_seconds    = optional(number)
    latency_ms              = optional(number)
    missing_percent         = optional(number)
    on_failure_objects      = optional(number)
    period_seconds          = optional(number)
    quarantine_least_events = optional(number)
    quarantine_percent      = optional(number)
    runbook_url             = optional(string)
    server_error_percent    = optional(number)
    silent_minutes          = optional(number)
    stale_seconds           = optional(number)
    throttles               = optional(number)
    topic_arn               = optional(string)
  })
  default  = {}
  nullable = false
}

variable "architecture" {
  description = "Instruction set of the functions and of the scorer's package: arm64 or x86_64."
  type        = string
  default     = null
}

variable "capture" {
  description = "Data capture: the scorer and the HTTP endpoint keep scored rows in a bucket, for training and explanations; null: none. force_destroy: `destroy` also deletes them; default: as in failure_store."
  type = object({
    existing_bucket = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    keep_days     = optional(number)
    share         = optional(number)
    write_seconds = optional(number)
  })
  default = null
}

variable "encryption" {
  description = "The key that encrypts everything: the stack's own, or an existing one."
  type = object({
    deletion_window_days = optional(number)
    existing = optional(object({
      key_arn = string
    }))
  })
  default  = {}
  nullable = false
}

variable "evaluator" {
  description = "The function that joins predictions with outcomes and measures model quality and drift; null: none. Needs a prediction sink of type \"kinesis\". force_destroy: `destroy` also deletes its files; default: as in failure_store."
  type = object({
    drift = optional(object({
      hours         = optional(number)
      write_seconds = optional(number)
    }))
    existing_bucket = optional(object({
      arn            = string
      key_arn        = optional(string)
      metrics_filter = optional(string)
    }))
    force_destroy      = optional(bool)
    hours_days         = optional(number)
    keep_days          = optional(number)
    log_level          = optional(string)
    log_retention_days = optional(number)
    look_back_hours    = optional(number)
    mapping = optional(object({
      batch_size             = optional(number)
      maximum_retry_attempts = optional(number)
      record_age_seconds     = optional(number)
      window_seconds         = optional(number)
    }))
    memory_mb = optional(number)
    outcomes = optional(object({
      retention_hours = optional(number)
      shards          = optional(number)
    }))
    schedule_minutes = optional(number)
    timeout_seconds  = optional(number)
  })
  default = null

  validation {
    condition     = var.evaluator == null || coalesce(var.prediction_sink.type, "kinesis") == "kinesis"
    error_message = "evaluator needs prediction_sink.type = \"kinesis\", because the evaluator reads predictions from a stream; it is \"${coalesce(var.prediction_sink.type, "kinesis")}\"."
  }
}

variable "failure_store" {
  description = "Bucket for quarantined events and for batches that Lambda discarded after the last retry: the stack's own, or an existing one."
  type = object({
    existing = optional(object({
      arn            = string
      key_arn        = optional(string)
      metrics_filter = optional(string)
    }))
    force_destroy   = optional(bool)
    on_failure_days = optional(number)
    quarantine_days = optional(number)
  })
  default  = {}
  nullable = false
}

variable "functions" {
  description = "Who signs the functions' packages (code_signing: versions of profiles of AWS Signer; enforce = false only warns), where they run and what limits the stack's roles: permissions boundary, path of the roles, and VPC. In a VPC, the subnets need a route to S3, Kinesis, SNS, SQS and KMS, or endpoints of them."
  type = object({
    code_signing = optional(object({
      enforce              = optional(bool, true)
      profile_version_arns = list(string)
    }))
    permissions_boundary = optional(string)
    role_path            = optional(string, "/")
    vpc = optional(object({
      dual_stack         = optional(bool, false)
      security_group_ids = list(string)
      subnet_ids         = list(string)
    }))
  })
  default  = {}
  nullable = false
}

variable "http" {
  description = "Synchronous predictions over HTTP: a second function behind API Gateway, or at a function URL; null: none."
  type = object({
    access           = optional(string)
    access_log       = optional(bool)
    account_log_role = optional(bool)
    api_keys         = optional(list(string))
    domain = optional(object({
      certificate_arn = string
      name            = string
    }))
    health_routes = optional(bool)
    jwt = optional(object({
      audience      = string
      cache_seconds = optional(number, 300)
      issuer        = string
      jwks_url      = string
      scope         = optional(string)
    }))
    key_limits = optional(object({
      burst = optional(number)
      quota = optional(object({
        limit  = number
        period = string
      }))
      rate = optional(number)
    }))
    kind                    = optional(string)
    log_level               = optional(string)
    log_retention_days      = optional(number)
    memory_mb               = optional(number)
    provisioned_concurrency = optional(number)
    public_page             = optional(bool)
    release_poll_seconds    = optional(number)
    reserved_concurrency    = optional(number)
    throttle = optional(object({
      burst = optional(number)
      rate  = optional(number)
    }))
    timeout_seconds = optional(number)
    tracing         = optional(string)
    waf_acl_arn     = optional(string)
  })
  default = null
}

variable "name" {
  description = "Name of the stack, and prefix of all its resources. Stacks can share an account if name or region differs."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen (it becomes part of bucket names); it is \"${var.name}\"."
  }
}

variable "packages" {
  description = "The functions' zips: scorer, and with batches, batch; with an evaluator, evaluator; with http, http, and where its access is \"jwt\", authorizer; with release_workflow, release; with a trainer, trainer. Each is a path (`make package` builds them; HTTP=1, BATCH=1 and TRAINER=onnx or xgboost add those of these parts), or s3://bucket/key?versionId=V."
  type = object({
    authorizer = optional(string)
    batch      = optional(string)
    evaluator  = optional(string)
    http       = optional(string)
    release    = optional(string)
    scorer     = string
    trainer    = optional(string)
  })

  validation {
    condition     = var.batch == null || var.packages.batch != null
    error_message = "packages.batch must be set where there are batches (batch). Build it with `make package BATCH=1`."
  }

  validation {
    condition     = var.evaluator == null || var.packages.evaluator != null
    error_message = "packages.evaluator must be set where there is an evaluator. Build it with `make package`."
  }

  validation {
    condition     = var.release_workflow == null || var.packages.release != null
    error_message = "packages.release must be set where there is a release workflow (release_workflow). Build it with `make package`."
  }

  validation {
    condition     = var.trainer == null || var.packages.trainer != null
    error_message = "packages.trainer must be set where there is a trainer. Build it with `make package TRAINER=onnx`, or TRAINER=xgboost for trees."
  }

  validation {
    condition     = var.http == null || var.packages.http != null
    error_message = "packages.http must be set where there is an endpoint (http). Build it with `make package HTTP=1`."
  }

  validation {
    condition     = try(var.http.jwt, null) == null || var.packages.authorizer != null
    error_message = "packages.authorizer must be set where http.jwt is. Build it with `make package HTTP=1`."
  }
}

variable "scorer" {
  description = "The scorer: size, concurrency, logs, tracing, how often it polls for a new release, and what you add to it."
  type = object({
    environment             = optional(map(string))
    ephemeral_storage_mb    = optional(number)
    existing_log_group      = optional(object({ arn = string }))
    layers                  = optional(list(string))
    log_level               = optional(string)
    log_retention_days      = optional(number)
    memory_mb               = optional(number)
    policy_arns             = optional(map(string))
    provisioned_concurrency = optional(number)
    release_poll_seconds    = optional(number)
    reserved_concurrency    = optional(number)
    snap_start              = optional(bool)
    timeout_seconds         = optional(number)
    tracing                 = optional(string)
  })
  default  = {}
  nullable = false
}
