variable "alarms" {
  description = "Thresholds of the source's alarms."
  type = object({
    # Every message there is an event that waits for a redrive.
    dead_letters = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.dead_letters >= 0 && floor(var.alarms.dead_letters) == var.alarms.dead_letters
    error_message = "alarms.dead_letters is a count: a whole number from 0; it is ${var.alarms.dead_letters}."
  }
}

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

variable "dns_suffix" {
  description = "DNS suffix of the partition, for the URL of an existing queue."
  type        = string
  default     = "amazonaws.com"
  nullable    = false
}

variable "existing" {
  description = "A queue that exists: its ARN, the key that encrypts it (null: the service's own, or none), and the URLs of the queue (null: AWS's) and of its dead-letter queue (null: unknown to the stack). null: the stack makes one."
  type = object({
    arn                   = string
    dead_letter_queue_url = optional(string)
    key_arn               = optional(string)
    queue_url             = optional(string)
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+([.]fifo)?$", try(var.existing.arn, "")))
    error_message = "event_queue.existing.arn must be the ARN of an SQS queue; it is \"${try(var.existing.arn, "")}\"."
  }
}

variable "function_timeout_seconds" {
  description = "Timeout of the scorer, which the queue's visibility timeout follows from."
  type        = number
}

variable "key_arn" {
  description = "Key that encrypts the queues."
  type        = string
}

variable "mapping" {
  description = "Batch size and window, and the maximum number of concurrent executions (null: what the stack leaves to the queue)."
  type = object({
    batch_size          = optional(number, 100)
    maximum_concurrency = optional(number)
    window_seconds      = optional(number, 1)
  })
  default  = {}
  nullable = false
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "queue" {
  description = "Attempts per message, retention, and visibility timeout (null: as short as is safe); whether it is a FIFO queue."
  type = object({
    fifo               = optional(bool, false)
    max_receive_count  = optional(number, 5)
    retention_seconds  = optional(number, 345600)
    visibility_seconds = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.queue.max_receive_count >= 5 && var.queue.max_receive_count <= 1000
    error_message = "event_queue.queue.max_receive_count must be between 5 (with fewer, throttling alone would discard events) and 1000; it is ${var.queue.max_receive_count}."
  }

  validation {
    condition     = var.queue.retention_seconds >= 3600 && var.queue.retention_seconds <= 864000
    error_message = "event_queue.queue.retention_seconds must be between 3600 and 864000; it is ${var.queue.retention_seconds}. A message keeps its age in the dead-letter queue, which keeps it for 14 days in all."
  }

  validation {
    condition     = var.queue.visibility_seconds == null ? true : var.queue.visibility_seconds >= 6 * var.function_timeout_seconds + var.mapping.window_seconds && var.queue.visibility_seconds <= 43200
    error_message = "event_queue.queue.visibility_seconds must be at least 6 times the scorer's timeout plus the window (${6 * var.function_timeout_seconds + var.mapping.window_seconds}) and at most 43200, or events are scored twice; it is ${coalesce(var.queue.visibility_seconds, 0)}. Leave it out to get the minimum."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may receive from the queue."
  type        = string
}
