variable "architecture" {
  description = "Instruction set of the function and its package: arm64 (cheaper on AWS) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"; it is \"${var.architecture}\"."
  }
}

variable "description" {
  description = "Description of the function in Lambda."
  type        = string
}

variable "environment" {
  description = "Environment variables, in addition to LOG_LEVEL."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "function" {
  description = "Name of the function in the stack, and of its entry-point package: the handler is <function>.handler.handle."
  type        = string
}

variable "key_arn" {
  description = "Key that encrypts the logs."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "${var.function}.log_level must be DEBUG, INFO, WARNING or ERROR; it is \"${var.log_level}\"."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "${var.function}.log_retention_days must be a retention that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653; it is ${var.log_retention_days}."
  }
}

# 1769 MB come with one full vCPU (AWS Lambda developer guide, "Configure Lambda function memory").
variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "${var.function}.memory_mb must be between 128 and 10240 (a limit of Lambda); it is ${var.memory_mb}."
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
    error_message = "There is no ${var.function} package at ${var.package}. Build it with `make package`."
  }
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent executions, reserved for the function; -1 shares the account's concurrency."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "${var.function}.reserved_concurrency must be 1 or more, or -1 to share the account's concurrency; it is ${var.reserved_concurrency} (0 would stop the function)."
  }
}

variable "timeout_seconds" {
  description = "Timeout of one invocation."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "${var.function}.timeout_seconds must be between 1 and 900 (a limit of Lambda); it is ${var.timeout_seconds}."
  }
}

variable "tracing" {
  description = "X-Ray: \"PassThrough\" follows the caller's sampling decision, \"Active\" samples by itself."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "${var.function}.tracing must be \"Active\" or \"PassThrough\"; it is \"${var.tracing}\"."
  }
}
