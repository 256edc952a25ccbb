variable "account" {
  description = "Account, partition and region of the stack. The id makes the bucket's name unique."
  type = object({
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

variable "alarms" {
  description = "Thresholds of the evaluator's alarms."
  type = object({
    # Any drift needs a look; raise it where features follow the season.
    columns_drifted = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.columns_drifted >= 0 && floor(var.alarms.columns_drifted) == var.alarms.columns_drifted
    error_message = "alarms.columns_drifted is a count: a whole number from 0; it is ${var.alarms.columns_drifted}."
  }
}

variable "architecture" {
  description = "Instruction set of the function and its package."
  type        = string
  default     = null
}

variable "drift" {
  description = "Hours over which drift is measured, best whole seasons, and seconds between two writes of a scorer container's counts."
  type = object({
    hours         = optional(number, 24)
    write_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.drift.hours >= 1 && var.drift.hours <= 336 && floor(var.drift.hours) == var.drift.hours
    error_message = "evaluator.drift.hours must be whole hours between 1 and 336; it is ${var.drift.hours}."
  }

  validation {
    condition     = var.drift.write_seconds >= 1 && var.drift.write_seconds <= 3600
    error_message = "evaluator.drift.write_seconds must be between 1 and 3600; it is ${var.drift.write_seconds}."
  }
}

variable "existing_bucket" {
  description = "A bucket that exists, in place of one that is made: its ARN, the key that encrypts it, where that is not the stack's, and the name of a metrics configuration of the prefix aws/lambda/, for the alarm. Stacks cannot share one."
  type = object({
    arn            = string
    key_arn        = optional(string)
    metrics_filter = optional(string)
  })
  default = null
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes collected and evaluated data."
  type        = bool
  default     = false
  nullable    = false
}

variable "hours_days" {
  description = "Days for which the results by hour are kept; verdicts look back no further."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.hours_days >= 1
    error_message = "evaluator.hours_days must be 1 or more; it is ${var.hours_days}."
  }
}

variable "keep_days" {
  description = "Days for which collected predictions, outcomes and drift counts are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.keep_days * 24 > var.look_back_hours + 24
    error_message = "evaluator.keep_days (${var.keep_days}) must be more than a day longer than evaluator.look_back_hours (${var.look_back_hours}), or hours are evaluated again without the data that has expired."
  }

  validation {
    condition     = var.keep_days * 24 > var.drift.hours + 24
    error_message = "evaluator.keep_days (${var.keep_days}) must be more than a day longer than evaluator.drift.hours (${var.drift.hours}), or drift is measured without the data that has expired."
  }
}

variable "key_arn" {
  description = "Key that encrypts the stream, the bucket and the logs."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = null
}

variable "look_back_hours" {
  description = "Hours for which the evaluator waits for outcomes, all computed again by every evaluation."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.look_back_hours >= 1 && var.look_back_hours <= 336 && floor(var.look_back_hours) == var.look_back_hours
    error_message = "evaluator.look_back_hours must be whole hours between 1 and 336 (CloudWatch accepts no metric older than two weeks); it is ${var.look_back_hours}."
  }
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "Event source mappings that collect records: batch size and window, and when Lambda discards a batch."
  type = object({
    batch_size             = optional(number, 10000)
    maximum_retry_attempts = optional(number, 10)
    record_age_seconds     = optional(number, 21600)
    window_seconds         = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.mapping.batch_size >= 1 && var.mapping.batch_size <= 10000
    error_message = "evaluator.mapping.batch_size must be between 1 and 10000 records; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "evaluator.mapping.window_seconds must be between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.maximum_retry_attempts >= 0 && var.mapping.maximum_retry_attempts <= 10000
    error_message = "evaluator.mapping.maximum_retry_attempts must be between 0 and 10000; it is ${var.mapping.maximum_retry_attempts}. With unlimited retries (-1), one bad record blocks its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds >= 60 && var.mapping.record_age_seconds < var.outcomes.retention_hours * 3600
    error_message = "evaluator.mapping.record_age_seconds (${var.mapping.record_age_seconds}) must be at least 60, and below evaluator.outcomes.retention_hours (${var.outcomes.retention_hours * 3600} s), or records expire in the stream before they reach the bucket."
  }
}

variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU. Joins that exceed it use /tmp."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.memory_mb, 1024) >= 1024
    error_message = "evaluator.memory_mb must be 1024 or more (rows are joined in what exceeds 420); it is ${coalesce(var.memory_mb, 1024)}."
  }
}

variable "model_name" {
  description = "The model whose predictions are evaluated."
  type        = string
}

variable "model_store" {
  description = "The bucket with the model's manifests."
  type = object({
    arn    = string
    bucket = string
  })
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "outcomes" {
  description = "The stream that outcomes arrive on: hours kept, and number of shards (null: on-demand capacity)."
  type = object({
    retention_hours = optional(number, 48)
    shards          = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.outcomes.retention_hours >= 24 && var.outcomes.retention_hours <= 8760
    error_message = "evaluator.outcomes.retention_hours must be between 24 and 8760 (a limit of Kinesis); it is ${var.outcomes.retention_hours}."
  }

  validation {
    condition     = var.outcomes.shards == null ? true : var.outcomes.shards >= 1 && floor(var.outcomes.shards) == var.outcomes.shards
    error_message = "evaluator.outcomes.shards must be a whole number from 1, or null for on-demand capacity; it is ${coalesce(var.outcomes.shards, 0)}."
  }
}

variable "package" {
  description = "Path of the function's zip."
  type        = string
}

variable "place" {
  description = "Permissions boundary, path of the role, and VPC, as in lambda_function."
  type        = any
  default     = null
}

variable "prediction_streams" {
  description = "ARNs of the streams that predictions are published to, by any name."
  type        = map(string)

  validation {
    condition     = length(var.prediction_streams) > 0 && !contains(keys(var.prediction_streams), "outcomes")
    error_message = "prediction_streams must have at least one stream, and none named \"outcomes\"; it is ${jsonencode(keys(var.prediction_streams))}."
  }
}

variable "publisher_role_name" {
  description = "Role that promotes models, which may read the evaluation; null: none."
  type        = string
  default     = null
}

variable "schedule_minutes" {
  description = "Minutes from one evaluation to the next."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.schedule_minutes >= 1 && var.schedule_minutes <= 60 && floor(var.schedule_minutes) == var.schedule_minutes
    error_message = "evaluator.schedule_minutes must be whole minutes between 1 and 60, so that each hour has an evaluation; it is ${var.schedule_minutes}."
  }
}

variable "scorer_role_name" {
  description = "Role of the scorer, which may write its drift counts."
  type        = string
}

variable "stream_key_arns" {
  description = "Keys of prediction streams that the stack did not make."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "timeout_seconds" {
  description = "Timeout of one evaluation."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 60
    error_message = "evaluator.timeout_seconds must be 60 or more (20 are kept for writing the results); it is ${var.timeout_seconds}."
  }
}
