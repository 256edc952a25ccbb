variable "alias" {
  description = "Alias of the scorer, which is invoked."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "default_concurrency" {
  description = "Maximum number of concurrent executions where mapping does not set it."
  type        = number
  default     = 10
  nullable    = false
}

variable "fifo" {
  description = "Whether the queue is a FIFO queue: batches of up to 10 messages, without a window."
  type        = bool
  default     = false
  nullable    = false
}

variable "label" {
  description = "What the queue is called in the dashboard."
  type        = string
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "Batch size and window, and the maximum number of concurrent executions (null: what the stack leaves to the queue)."
  type = object({
    batch_size          = optional(number, 100)
    maximum_concurrency = optional(number)
    window_seconds      = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.mapping.batch_size >= 1 && var.mapping.batch_size <= 10000
    error_message = "${var.setting}.mapping.batch_size must be between 1 and 10000 messages; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "${var.setting}.mapping.window_seconds must be between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.batch_size <= 10 || var.mapping.window_seconds >= 1
    error_message = "${var.setting}.mapping: batches of more than 10 messages (${var.mapping.batch_size}) need window_seconds of 1 or more (a limit of Lambda)."
  }

  validation {
    condition     = var.mapping.maximum_concurrency == null ? true : var.mapping.maximum_concurrency >= 2 && var.mapping.maximum_concurrency <= 1000
    error_message = "${var.setting}.mapping.maximum_concurrency must be between 2 and 1000 (a limit of Lambda), or null; it is ${coalesce(var.mapping.maximum_concurrency, 0)}."
  }
}

variable "policy_name" {
  description = "Name of the role's policy."
  type        = string
}

variable "queue_arn" {
  description = "ARN of the queue."
  type        = string
}

variable "queue_key_arn" {
  description = "Key that encrypts a queue that the stack did not make; null: none of its own."
  type        = string
  default     = null
}

variable "queue_name" {
  description = "Name of the queue."
  type        = string
}

variable "role_name" {
  description = "Role of the scorer, which may receive from the queue."
  type        = string
}

variable "setting" {
  description = "The variable that mapping is set in, for error messages."
  type        = string
}
