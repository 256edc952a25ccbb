variable "account" {
  description = "Account, partition and region of the stack, and the suffixes of KMS's service names."
  type = object({
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

# Why each default is what it is, is next to it; what to do when an alarm fires is in docs/runbook.md.
variable "alarms" {
  description = "Thresholds of the endpoint's alarms."
  type = object({
    # As for the scorer: a failure or two may be a container that was replaced.
    capture_failures = optional(number, 2)
    errors           = optional(number, 2)
    # One row takes milliseconds; a cold start up to half a second, and one of a hundred requests may meet one.
    latency_ms = optional(number, 1000)
    # Clients retry; more than one of a hundred means that retries do not help.
    server_error_percent = optional(number, 1)
    # As for the scorer.
    stale_seconds = optional(number, 300)
    throttles     = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for count in [var.alarms.capture_failures, var.alarms.errors, var.alarms.throttles] : count >= 0 && floor(count) == count])
    error_message = "alarms.capture_failures, errors and throttles are counts: whole numbers from 0; they are ${var.alarms.capture_failures}, ${var.alarms.errors} and ${var.alarms.throttles}."
  }

  validation {
    condition     = var.alarms.latency_ms > 0
    error_message = "alarms.latency_ms must be more than 0; it is ${var.alarms.latency_ms}."
  }

  validation {
    condition     = var.alarms.server_error_percent >= 0 && var.alarms.server_error_percent < 100
    error_message = "alarms.server_error_percent must be from 0 to less than 100, or the alarm can never fire; it is ${var.alarms.server_error_percent}."
  }

  validation {
    condition     = var.alarms.stale_seconds > var.release_poll_seconds
    error_message = "alarms.stale_seconds (${var.alarms.stale_seconds}) must be more than http.release_poll_seconds (${var.release_poll_seconds}), or every release is stale before the next poll."
  }
}

variable "architecture" {
  description = "Instruction set of the functions and their packages."
  type        = string
  default     = null
}

variable "capture_statements" {
  description = "What the function must be allowed for data capture, as statements of a policy; needed where the environment has CAPTURE_BUCKET."
  type        = list(object({ Effect = string, Action = list(string), Resource = string }))
  default     = []
  nullable    = false
}

variable "environment" {
  description = "Where the function finds the model store, and what it verifies with."
  type        = map(string)
}

variable "key_arn" {
  description = "Key that encrypts the model store and the logs."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which logs are kept, the access log's too."
  type        = number
  default     = 90
  nullable    = false
}

variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = null
}

variable "model_name" {
  description = "The model that is served."
  type        = string
}

variable "model_store" {
  description = "Bucket with the model, and its key where that is not the stack's."
  type = object({
    arn     = string
    key_arn = optional(string)
  })
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
  description = "Permissions boundary, path of the roles, and VPC, as in lambda_function."
  type        = any
  default     = null
}

variable "provisioned_concurrency" {
  description = "Executions that are kept initialised, so that no caller waits for a cold start; 0: none."
  type        = number
  default     = null
}

variable "release_poll_seconds" {
  description = "Minimum interval at which a container polls for a new release."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.release_poll_seconds >= 0 && var.release_poll_seconds <= 3600
    error_message = "http.release_poll_seconds must be between 0 (poll at each request) and 3600; it is ${var.release_poll_seconds}."
  }
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent requests, reserved for the function; -1 shares the account's concurrency."
  type        = number
  default     = -1 # a new account may have 10 executions, of which none can be reserved
  nullable    = false
}

# Callers get the gateway's 504 after 29 s.
variable "timeout_seconds" {
  description = "Timeout of one request."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 5 && var.timeout_seconds <= 29
    error_message = "http.timeout_seconds must be between 5 (a container reads the model store first) and 29 (a limit of API Gateway); it is ${var.timeout_seconds}."
  }
}

variable "tracing" {
  description = "X-Ray: \"PassThrough\" follows the caller's sampling decision, \"Active\" samples by itself."
  type        = string
  default     = null
}

variable "verifying_key_arns" {
  description = "Keys that KMS verifies signatures with; empty where it does not."
  type        = list(string)
  default     = []
  nullable    = false
}
