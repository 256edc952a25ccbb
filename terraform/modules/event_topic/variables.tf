variable "account" {
  description = "Account, partition and region of the stack."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

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
  description = "For delivery \"queued\": maximum number of concurrent executions where mapping does not set it."
  type        = number
  default     = 10
  nullable    = false
}

variable "delivery" {
  description = "\"queued\": SNS → SQS → Lambda, in batches. \"direct\": SNS → Lambda, one event per invocation."
  type        = string
  default     = "queued"
  nullable    = false

  validation {
    condition     = contains(["direct", "queued"], var.delivery)
    error_message = "event_topic.delivery must be \"queued\" or \"direct\"; it is \"${var.delivery}\"."
  }
}

# Limits: AWS Lambda API reference, PutFunctionEventInvokeConfig.
variable "direct" {
  description = "For delivery \"direct\", and for an event bus: when Lambda discards an event, which then goes to the failure store."
  type = object({
    event_age_seconds      = optional(number, 21600)
    maximum_retry_attempts = optional(number, 2)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.direct.event_age_seconds >= 60 && var.direct.event_age_seconds <= 21600
    error_message = "event_topic.direct.event_age_seconds must be between 60 and 21600 (a limit of Lambda); it is ${var.direct.event_age_seconds}."
  }

  validation {
    condition     = contains([0, 1, 2], var.direct.maximum_retry_attempts)
    error_message = "event_topic.direct.maximum_retry_attempts must be 0, 1 or 2 (a limit of Lambda); it is ${var.direct.maximum_retry_attempts}. For more, use delivery \"queued\"."
  }
}

variable "existing" {
  description = "A topic that exists, by its ARN; its policy must allow the stack's account to subscribe. null: the stack makes one."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", try(var.existing.arn, "")))
    error_message = "event_topic.existing.arn must be the ARN of an SNS topic, not of a FIFO topic or a subscription; it is \"${try(var.existing.arn, "")}\"."
  }
}

variable "function_timeout_seconds" {
  description = "Timeout of the scorer, which the queue's visibility timeout follows from."
  type        = number
}

variable "key_arn" {
  description = "Key that encrypts the topic and the queues."
  type        = string
}

variable "mapping" {
  description = "For delivery \"queued\": batch size and window, and the maximum number of concurrent executions (null: what the stack leaves to the queue)."
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
  description = "For delivery \"queued\": attempts per message, retention, and visibility timeout (null: as short as is safe)."
  type = object({
    max_receive_count  = optional(number, 5)
    retention_seconds  = optional(number, 345600)
    visibility_seconds = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.queue.max_receive_count >= 5 && var.queue.max_receive_count <= 1000
    error_message = "event_topic.queue.max_receive_count must be between 5 (with fewer, throttling alone would discard events) and 1000; it is ${var.queue.max_receive_count}."
  }

  validation {
    condition     = var.queue.retention_seconds >= 3600 && var.queue.retention_seconds <= 864000
    error_message = "event_topic.queue.retention_seconds must be between 3600 and 864000; it is ${var.queue.retention_seconds}. A message keeps its age in the dead-letter queue, which keeps it for 14 days in all."
  }

  validation {
    condition     = var.queue.visibility_seconds == null ? true : var.queue.visibility_seconds >= 6 * var.function_timeout_seconds + var.mapping.window_seconds && var.queue.visibility_seconds <= 43200
    error_message = "event_topic.queue.visibility_seconds must be at least 6 times the scorer's timeout plus the window (${6 * var.function_timeout_seconds + var.mapping.window_seconds}) and at most 43200, or events are scored twice; it is ${coalesce(var.queue.visibility_seconds, 0)}. Leave it out to get the minimum."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may receive from the queue."
  type        = string
}
