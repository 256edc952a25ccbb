# Attributes that are left out take the default of the module that they go to. Defaults and limits are
# written once, in modules/<module>/variables.tf, and listed in README.md.

variable "alarms" {
  description = "What the alarms ring above, over what time they look, and whom they tell: the SNS topic topic_arn, or the stack's own, to which emails subscribe."
  type = object({
    columns_drifted         = optional(number)
    dead_letters            = optional(number)
    emails                  = optional(list(string))
    errors                  = optional(number)
    event_age_seconds       = optional(number)
    iterator_age_seconds    = optional(number)
    on_failure_objects      = optional(number)
    period_seconds          = optional(number)
    quarantine_least_events = optional(number)
    quarantine_percent      = optional(number)
    runbook_url             = optional(string)
    silent_minutes          = optional(number)
    stale_seconds           = optional(number)
    throttles               = optional(number)
    topic_arn               = optional(string)
  })
  default  = {}
  nullable = false
}

variable "architecture" {
  description = "Instruction set of the scorer and its package: arm64 (cheaper on AWS) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"; it is \"${var.architecture}\"."
  }
}

variable "encryption" {
  description = "The key that encrypts everything. deletion_window_days: how long a destroyed key can be brought back."
  type = object({
    deletion_window_days = optional(number)
  })
  default  = {}
  nullable = false
}

variable "evaluator" {
  description = "The function that joins predictions with outcomes and says how right they were; left out, there is none. Needs a prediction sink of type \"kinesis\"."
  type = object({
    drift = optional(object({
      hours         = optional(number)
      write_seconds = optional(number)
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
    package          = optional(string)
    schedule_minutes = optional(number)
    timeout_seconds  = optional(number)
  })
  default = null

  validation {
    condition     = var.evaluator == null || coalesce(var.prediction_sink.type, "kinesis") == "kinesis"
    error_message = "evaluator needs prediction_sink.type = \"kinesis\", because it reads predictions from their stream; it is \"${coalesce(var.prediction_sink.type, "kinesis")}\"."
  }
}

variable "event_stream" {
  description = "Kinesis stream that events arrive on, and its mapping to the scorer. Leave shards out for on-demand capacity."
  type = object({
    retention_hours = optional(number)
    shards          = optional(number)
    mapping = optional(object({
      batch_size             = optional(number)
      maximum_retry_attempts = optional(number)
      parallelization_factor = optional(number)
      record_age_seconds     = optional(number)
      starting_position      = optional(string)
      window_seconds         = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "event_topic" {
  description = "SNS topic that events arrive on, and the way from it to the scorer: \"queued\" (SNS, SQS, Lambda) or \"direct\" (SNS, Lambda)."
  type = object({
    delivery = optional(string)
    direct = optional(object({
      event_age_seconds      = optional(number)
      maximum_retry_attempts = optional(number)
    }))
    mapping = optional(object({
      batch_size          = optional(number)
      maximum_concurrency = optional(number)
      window_seconds      = optional(number)
    }))
    queue = optional(object({
      max_receive_count  = optional(number)
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "failure_store" {
  description = "Bucket for quarantined events and for the batches that Lambda gave up on. Days are those until they expire."
  type = object({
    force_destroy   = optional(bool)
    on_failure_days = optional(number)
    quarantine_days = optional(number)
  })
  default  = {}
  nullable = false
}

variable "model" {
  description = "The model that the scorer serves, by its name in the model store (models/<name>/)."
  type = object({
    name = optional(string, "purchase-intent")
  })
  default  = {}
  nullable = false
}

variable "model_store" {
  description = "Bucket with model artifacts and releases, who may publish, and the keys that sign (without any, manifests are not signed). force_destroy: `destroy` also deletes the models in it."
  type = object({
    force_destroy = optional(bool)
    object_lock = optional(object({
      days = number
      mode = string
    }))
    publishers   = optional(list(string))
    release_days = optional(number)
    signing_keys = optional(list(string))
  })
  default  = {}
  nullable = false
}

variable "name" {
  description = "Name of the stack, and prefix of all its resources. Stacks of different names share an account without conflict."
  type        = string
  default     = "millrace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 24 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen (it becomes part of bucket names); it is \"${var.name}\"."
  }
}

variable "package" {
  description = "Path of the scorer's zip, if it is not the one in ../build of this architecture, with or without XGBoost."
  type        = string
  default     = null
}

variable "prediction_sink" {
  description = "Where predictions go: type \"kinesis\", \"sns\" or \"sqs\". Only the settings of that type count."
  type = object({
    type = optional(string)
    kinesis = optional(object({
      aggregate_ranges = optional(number)
      retention_hours  = optional(number)
      shards           = optional(number)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "scorer" {
  description = "The Lambda function: its size, its share of the account's concurrency, its logs, and how often it looks for a new release."
  type = object({
    log_level            = optional(string)
    log_retention_days   = optional(number)
    memory_mb            = optional(number)
    release_poll_seconds = optional(number)
    reserved_concurrency = optional(number)
    timeout_seconds      = optional(number)
    tracing              = optional(string)
  })
  default  = {}
  nullable = false
}

variable "shadow_sink" {
  description = "Where a shadow's predictions go, as prediction_sink; left out, a shadow is only measured."
  type = object({
    type = optional(string)
    kinesis = optional(object({
      retention_hours = optional(number)
      shards          = optional(number)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default = null
}

variable "tags" {
  description = "Tags for every resource, beside application and stack."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "xgboost" {
  description = "Whether the package brings libxgboost for the models that the native engine does not cover. Without it they are refused."
  type        = bool
  default     = true
  nullable    = false
}
