variable "account" {
  description = "Account of the stack, whose events match where no pattern is set."
  type = object({
    id = string
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

variable "existing" {
  description = "A bus that exists, by its ARN; the default bus is event-bus/default. null: the stack makes one."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9_./-]+$", try(var.existing.arn, "")))
    error_message = "event_bus.existing.arn must be the ARN of an event bus; it is \"${try(var.existing.arn, "")}\"."
  }

  validation {
    condition     = var.existing == null || var.pattern != null
    error_message = "event_bus.pattern must be set for a bus that exists: without one, each event that the account's services put on it would be scored."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "pattern" {
  description = "JSON pattern of the events to score; null: every event of the account on the stack's own bus."
  type        = string
  default     = null

  validation {
    condition     = var.pattern == null || can(keys(jsondecode(var.pattern)))
    error_message = "event_bus.pattern must be a JSON object, like {\"source\": [\"acme.shop\"]}; it is ${jsonencode(var.pattern)}."
  }
}

variable "retry" {
  description = "How long, and how often, EventBridge tries to hand an event to Lambda, before it goes to the dead-letter queue."
  type = object({
    event_age_seconds      = optional(number, 21600)
    maximum_retry_attempts = optional(number, 185)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retry.event_age_seconds >= 60 && var.retry.event_age_seconds <= 86400 && var.retry.maximum_retry_attempts >= 0 && var.retry.maximum_retry_attempts <= 185
    error_message = "event_bus.retry must have event_age_seconds from 60 to 86400 and maximum_retry_attempts from 0 to 185 (limits of EventBridge); they are ${var.retry.event_age_seconds} and ${var.retry.maximum_retry_attempts}."
  }
}
