variable "architecture" {
  description = "Instruction set of the function and its package."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"; it is \"${var.architecture}\"."
  }
}

variable "environment" {
  description = "Where the scorer's neighbours are: buckets, prefixes and the prediction sink."
  type        = map(string)
}

variable "executions" {
  description = "How many executions the event sources ask for at a time."
  type        = number
  default     = 1
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the logs."
  type        = string
}

variable "log_level" {
  description = "Least level that is logged."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "scorer.log_level must be DEBUG, INFO, WARNING or ERROR; it is \"${var.log_level}\"."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "scorer.log_retention_days must be one of the steps that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or a year count up to 3653; it is ${var.log_retention_days}."
  }
}

# A full vCPU comes at 1769 MB (AWS Lambda developer guide, "Configure Lambda function memory").
variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.memory_mb >= 256 && var.memory_mb <= 10240
    error_message = "scorer.memory_mb must lie between 256 (XGBoost needs about 150 MB) and 10240; it is ${var.memory_mb}."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "package" {
  description = "Path of the function's zip."
  type        = string

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no scorer package at ${var.package}. Build it with `make package`."
  }
}

variable "release_poll_seconds" {
  description = "How often at most the scorer looks for a new release."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.release_poll_seconds >= 0 && var.release_poll_seconds <= 3600
    error_message = "scorer.release_poll_seconds must lie between 0 (look before each batch) and 3600; it is ${var.release_poll_seconds}."
  }
}

variable "reserved_concurrency" {
  description = "Most executions at a time, kept free for the scorer; -1 shares the account's."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "scorer.reserved_concurrency must be 1 or more, or -1 to share the account's; it is ${var.reserved_concurrency} (0 would stop the scorer)."
  }

  validation {
    condition     = var.reserved_concurrency < 1 || var.reserved_concurrency >= var.executions
    error_message = "scorer.reserved_concurrency (${var.reserved_concurrency}) must be at least what the event sources ask for (${var.executions}: shards times parallelization factor, and the topic's), or batches are throttled until their record age runs out. Raise it, or lower the shards or factors."
  }
}

variable "timeout_seconds" {
  description = "Time for one batch. The queue's visibility time-out follows from it."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 10 && var.timeout_seconds <= 900
    error_message = "scorer.timeout_seconds must lie between 10 (a call to the sink may take 4) and 900 (a limit of Lambda); it is ${var.timeout_seconds}."
  }
}

variable "tracing" {
  description = "X-Ray: \"PassThrough\" follows the caller's decision, \"Active\" samples by itself."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "scorer.tracing must be \"Active\" or \"PassThrough\"; it is \"${var.tracing}\"."
  }
}
