# Why each default is what it is, is next to it; what to do when an alarm fires is in docs/runbook.md.
variable "alarms" {
  description = "Thresholds of the scorer's alarms."
  type = object({
    # A retry resolves a failed write or two; a missing permission fails each time.
    capture_failures = optional(number, 2)
    # The first retry resolves one failure or two; a batch that fails each time fails more often.
    errors = optional(number, 2)
    # A batch is published within about a second of its window; a minute means that the sink or the model is in trouble.
    event_age_seconds = optional(number, 60)
    # Shares of missing values vary from hour to hour; a feature that one of several producers lost is missing in more.
    missing_percent = optional(number, 20)
    # Fewer events than that are no sample: one bad event of two would be 50 %.
    quarantine_least_events = optional(number, 20)
    # Single bad events are normal; one of twenty means that a producer or the model has changed.
    quarantine_percent = optional(number, 5)
    # Ten polls at the default of release_poll_seconds: S3 has short interruptions, not longer ones.
    stale_seconds = optional(number, 300)
    # Lambda throttles a few invocations while it scales; more mean too little concurrency.
    throttles = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for count in [var.alarms.capture_failures, var.alarms.errors, var.alarms.throttles] : count >= 0 && floor(count) == count])
    error_message = "alarms.capture_failures, errors and throttles are counts: whole numbers from 0; they are ${var.alarms.capture_failures}, ${var.alarms.errors} and ${var.alarms.throttles}."
  }

  validation {
    condition     = var.alarms.event_age_seconds > 0
    error_message = "alarms.event_age_seconds must be more than 0; it is ${var.alarms.event_age_seconds}."
  }

  validation {
    condition     = var.alarms.missing_percent >= 0 && var.alarms.missing_percent < 100
    error_message = "alarms.missing_percent must be from 0 to less than 100, or the alarm can never fire; it is ${var.alarms.missing_percent}."
  }

  validation {
    condition     = var.alarms.quarantine_percent >= 0 && var.alarms.quarantine_percent < 100
    error_message = "alarms.quarantine_percent must be from 0 to less than 100, or the alarm can never fire; it is ${var.alarms.quarantine_percent}."
  }

  validation {
    condition     = var.alarms.quarantine_least_events >= 1
    error_message = "alarms.quarantine_least_events must be 1 or more; it is ${var.alarms.quarantine_least_events}."
  }

  validation {
    condition     = var.alarms.stale_seconds > var.release_poll_seconds
    error_message = "alarms.stale_seconds (${var.alarms.stale_seconds}) must be more than scorer.release_poll_seconds (${var.release_poll_seconds}), or every release is stale before the next poll."
  }
}

variable "architecture" {
  description = "Instruction set of the function and its package."
  type        = string
  default     = null
}

variable "environment" {
  description = "Where the scorer finds its buckets, prefixes and sinks."
  type        = map(string)
}

variable "ephemeral_storage_mb" {
  description = "Size of /tmp."
  type        = number
  default     = null
}

variable "existing_log_group" {
  description = "As in lambda_function."
  type        = object({ arn = string })
  default     = null
}

variable "extra_environment" {
  description = "Environment variables of the caller's own."
  type        = map(string)
  default     = null
}

variable "key_arn" {
  description = "Key that encrypts the logs."
  type        = string
}

variable "layers" {
  description = "ARNs of layers, each with its version."
  type        = list(string)
  default     = null
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

variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.memory_mb, 256) >= 256
    error_message = "scorer.memory_mb must be 256 or more (XGBoost needs about 150 MB); it is ${coalesce(var.memory_mb, 256)}."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
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

variable "policy_arns" {
  description = "Policies that the role gets in addition, by a name of the caller's choice."
  type        = map(string)
  default     = null
}

variable "provisioned_concurrency" {
  description = "Executions that are kept initialised; 0: none."
  type        = number
  default     = null
}

variable "region" {
  description = "Region of the stack, which makes the name of the role unique: names of roles are global."
  type        = string
}

variable "release_poll_seconds" {
  description = "Minimum interval at which a container polls for a new release, which then scores its next batch; 0 polls at each batch."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.release_poll_seconds >= 0 && var.release_poll_seconds <= 3600
    error_message = "scorer.release_poll_seconds must be between 0 (poll at each batch) and 3600; it is ${var.release_poll_seconds}."
  }
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent executions, reserved for the scorer; -1 shares the account's concurrency."
  type        = number
  default     = -1 # a new account may have 10 executions, of which none can be reserved
  nullable    = false
}

variable "snap_start" {
  description = "Whether Lambda starts new containers from a snapshot of an initialised one."
  type        = bool
  default     = null
}

variable "timeout_seconds" {
  description = "Timeout of one batch. The queue's visibility timeout follows from it."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 10
    error_message = "scorer.timeout_seconds must be 10 or more (a call to the sink may take 4); it is ${var.timeout_seconds}."
  }
}

variable "tracing" {
  description = "X-Ray: \"PassThrough\" follows the caller's sampling decision, \"Active\" samples by itself."
  type        = string
  default     = null
}
