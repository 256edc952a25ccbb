variable "account" {
  description = "The account, partition and region that the stack lives in. The id makes the bucket's name unique."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

variable "architecture" {
  description = "Instruction set of the function; its package is the same for both."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"; it is \"${var.architecture}\"."
  }
}

variable "drift" {
  description = "Hours over which drift is measured, whole seasons of what is watched; and seconds between two writes of what a container of the scorer counts."
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
    error_message = "evaluator.drift.write_seconds must lie between 1 and 3600; it is ${var.drift.write_seconds}."
  }
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes what was collected and evaluated."
  type        = bool
  default     = false
  nullable    = false
}

variable "hours_days" {
  description = "Days for which is kept what the hours came to; verdicts look back no further."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.hours_days >= 1
    error_message = "evaluator.hours_days must be 1 or more; it is ${var.hours_days}."
  }
}

variable "keep_days" {
  description = "Days for which predictions, outcomes and counts of drift are kept as they were collected."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.keep_days * 24 > var.look_back_hours + 24
    error_message = "evaluator.keep_days (${var.keep_days}) must be more than a day longer than evaluator.look_back_hours (${var.look_back_hours}), or hours are evaluated again without what has expired."
  }

  validation {
    condition     = var.keep_days * 24 > var.drift.hours + 24
    error_message = "evaluator.keep_days (${var.keep_days}) must be more than a day longer than evaluator.drift.hours (${var.drift.hours}), or drift is measured without what has expired."
  }
}

variable "key_arn" {
  description = "Key that encrypts the stream, the bucket and the logs."
  type        = string
}

variable "log_level" {
  description = "Least level that is logged."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "evaluator.log_level must be DEBUG, INFO, WARNING or ERROR; it is \"${var.log_level}\"."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "evaluator.log_retention_days must be one of the steps that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or a year count up to 3653; it is ${var.log_retention_days}."
  }
}

variable "look_back_hours" {
  description = "Hours for which outcomes are waited for. Every evaluation computes all of them anew."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.look_back_hours >= 1 && var.look_back_hours <= 336 && floor(var.look_back_hours) == var.look_back_hours
    error_message = "evaluator.look_back_hours must be whole hours between 1 and 336 (CloudWatch takes no metric older than two weeks); it is ${var.look_back_hours}."
  }
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "How records are collected: size and wait of a batch, and when to give up."
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
    error_message = "evaluator.mapping.batch_size must lie between 1 and 10000 records; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "evaluator.mapping.window_seconds must lie between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.maximum_retry_attempts >= 0 && var.mapping.maximum_retry_attempts <= 10000
    error_message = "evaluator.mapping.maximum_retry_attempts must lie between 0 and 10000; it is ${var.mapping.maximum_retry_attempts}. Endless retries (-1) would let one bad record block its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds >= 60 && var.mapping.record_age_seconds < var.outcomes.retention_hours * 3600
    error_message = "evaluator.mapping.record_age_seconds (${var.mapping.record_age_seconds}) must be at least 60, and below evaluator.outcomes.retention_hours (${var.outcomes.retention_hours * 3600} s), or records leave the stream before they reach the bucket."
  }
}

variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU. The more, the more predictions are held at a time, and the fewer times outcomes are read."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.memory_mb >= 768 && var.memory_mb <= 10240
    error_message = "evaluator.memory_mb must lie between 768 (it holds predictions in what is above 256) and 10240; it is ${var.memory_mb}."
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
  description = "The stream that outcomes arrive on: hours kept, and shards (left out: on-demand capacity)."
  type = object({
    retention_hours = optional(number, 48)
    shards          = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.outcomes.retention_hours >= 24 && var.outcomes.retention_hours <= 8760
    error_message = "evaluator.outcomes.retention_hours must lie between 24 and 8760 (a limit of Kinesis); it is ${var.outcomes.retention_hours}."
  }

  validation {
    condition     = var.outcomes.shards == null ? true : var.outcomes.shards >= 1 && floor(var.outcomes.shards) == var.outcomes.shards
    error_message = "evaluator.outcomes.shards must be a whole number from 1 on, or be left out for on-demand capacity; it is ${coalesce(var.outcomes.shards, 0)}."
  }
}

variable "package" {
  description = "Path of the function's zip."
  type        = string

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no evaluator package at ${var.package}. Build it with `make package`."
  }
}

variable "prediction_streams" {
  description = "The streams that predictions are published to, by any name, as ARNs."
  type        = map(string)

  validation {
    condition     = length(var.prediction_streams) > 0 && !contains(keys(var.prediction_streams), "outcomes")
    error_message = "prediction_streams must name at least one stream, and none \"outcomes\"; it is ${jsonencode(keys(var.prediction_streams))}."
  }
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
  description = "The scorer's role, which may write what it counted."
  type        = string
}

variable "timeout_seconds" {
  description = "Time for one evaluation."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 60 && var.timeout_seconds <= 900
    error_message = "evaluator.timeout_seconds must lie between 60 (20 are kept to write in) and 900 (a limit of Lambda); it is ${var.timeout_seconds}."
  }
}
