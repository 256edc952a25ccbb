variable "account" {
  description = "The account, partition and region that the stack lives in."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

# The defaults are for a stack that somebody relies on by day: they ring for what does not mend itself. Why each is what
# it is stands beside it; what to do when it rings, in docs/runbook.md.
variable "alarms" {
  description = "Thresholds of the alarms, over what time they look, and whom they tell."
  type = object({
    # Any drift wants a look; raise it where some features follow the season.
    columns_drifted = optional(number, 0)
    # Every message there is an event that waits for a redrive.
    dead_letters = optional(number, 0)
    # Addresses that the stack's own topic writes to.
    emails = optional(list(string), [])
    # One failure or two mend themselves with the first retry; a batch that fails each time fails more often.
    errors = optional(number, 2)
    # A batch is published within about a second of its window; a minute is a sink or a model in trouble.
    event_age_seconds = optional(number, 60)
    # Bisecting and retrying take minutes; five of them are a shard that does not keep up.
    iterator_age_seconds = optional(number, 300)
    # Every object is a batch that waits for a redrive.
    on_failure_objects = optional(number, 0)
    # Five minutes forgive one bad minute. Less is sooner, and louder.
    period_seconds = optional(number, 300)
    # Fewer events than that are no sample: one bad event of two would be 50 %.
    quarantine_least_events = optional(number, 20)
    # Single bad events are daily business; one of twenty is a producer or a model that has changed.
    quarantine_percent = optional(number, 5)
    # Where the runbook can be read, for the dashboard's links; left out, it names the sections only.
    runbook_url = optional(string)
    # Long enough for a retry, short beside the hours for which streams and queues keep events.
    silent_minutes = optional(number, 10)
    # Ten looks at the default of release_poll_seconds: S3 has moments, no more than that.
    stale_seconds = optional(number, 300)
    # Lambda turns calls away while it scales; more than a few mean too little concurrency.
    throttles = optional(number, 10)
    # The SNS topic that alarms go to; left out, the stack has one of its own.
    topic_arn = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([for name in ["columns_drifted", "dead_letters", "errors", "on_failure_objects", "throttles"] :
      var.alarms[name] >= 0 && floor(var.alarms[name]) == var.alarms[name]
    ])
    error_message = "alarms.columns_drifted, dead_letters, errors, on_failure_objects and throttles are counts that an alarm rings above: whole numbers from 0 on; they are ${join(", ", [for name in ["columns_drifted", "dead_letters", "errors", "on_failure_objects", "throttles"] : var.alarms[name]])}."
  }

  validation {
    condition     = length(var.alarms.emails) == 0 || var.alarms.topic_arn == null
    error_message = "alarms.emails subscribe to the stack's own topic, and with alarms.topic_arn there is none: subscribe them to that topic yourself, or leave one of the two out."
  }

  validation {
    condition     = alltrue([for email in var.alarms.emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "alarms.emails must be addresses; they are ${join(", ", var.alarms.emails)}."
  }

  validation {
    condition     = var.alarms.event_age_seconds > 0
    error_message = "alarms.event_age_seconds must be more than 0; it is ${var.alarms.event_age_seconds}."
  }

  validation {
    condition     = var.alarms.iterator_age_seconds > 0 && var.alarms.iterator_age_seconds < var.event_stream.record_age_seconds
    error_message = "alarms.iterator_age_seconds (${var.alarms.iterator_age_seconds}) must be more than 0, and less than event_stream.mapping.record_age_seconds (${var.event_stream.record_age_seconds}): older records are given up, so the alarm would come too late or never."
  }

  # CloudWatch evaluates an alarm over a day at most.
  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds <= 3600 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds must be whole minutes between 60 and 3600; it is ${var.alarms.period_seconds}."
  }

  validation {
    condition     = var.alarms.quarantine_percent >= 0 && var.alarms.quarantine_percent < 100
    error_message = "alarms.quarantine_percent must lie between 0 and less than 100, or it can never ring; it is ${var.alarms.quarantine_percent}."
  }

  validation {
    condition     = var.alarms.quarantine_least_events >= 1
    error_message = "alarms.quarantine_least_events must be 1 or more; it is ${var.alarms.quarantine_least_events}."
  }

  validation {
    condition     = var.alarms.runbook_url == null ? true : can(regex("^https?://", var.alarms.runbook_url))
    error_message = "alarms.runbook_url must begin with http:// or https://; it is \"${coalesce(var.alarms.runbook_url, "-")}\"."
  }

  validation {
    condition     = var.alarms.silent_minutes >= 2 && var.alarms.silent_minutes <= 120 && var.alarms.silent_minutes % 2 == 0
    error_message = "alarms.silent_minutes must be an even number between 2 and 120 (the alarm looks at two halves); it is ${var.alarms.silent_minutes}."
  }

  validation {
    condition     = var.alarms.stale_seconds > var.scorer.release_poll_seconds
    error_message = "alarms.stale_seconds (${var.alarms.stale_seconds}) must be more than scorer.release_poll_seconds (${var.scorer.release_poll_seconds}), or every release is stale before it is looked at again."
  }

  validation {
    condition     = var.alarms.topic_arn == null ? true : can(regex("^arn:[a-z-]+:sns:", var.alarms.topic_arn))
    error_message = "alarms.topic_arn must be the ARN of an SNS topic; it is \"${coalesce(var.alarms.topic_arn, "-")}\"."
  }
}

variable "evaluator" {
  description = "The function that evaluates predictions, and where Lambda puts the batches that it gave up on; null where there is none."
  type = object({
    bucket            = string
    function_name     = string
    on_failure_prefix = string
  })
  default = null
}

variable "event_stream" {
  description = "The stream that events arrive on, and the age at which Lambda gives up on a record."
  type = object({
    name               = string
    record_age_seconds = number
  })
}

variable "event_topic" {
  description = "The topic that events arrive on, its dead-letter queue, and where it is delivered by one, the queue (else null)."
  type = object({
    dead_letter_queue_name = string
    name                   = string
    queue_name             = optional(string)
  })
}

variable "failure_store" {
  description = "Bucket and prefix of what Lambda gave up on."
  type = object({
    bucket            = string
    on_failure_prefix = string
  })
}

variable "key_arn" {
  description = "Key that encrypts the topic."
  type        = string
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "prediction_sink" {
  description = "Where predictions go: \"kinesis\", \"sns\" or \"sqs\", and its name."
  type = object({
    name = string
    type = string
  })
}

variable "scorer" {
  description = "The function that is watched, and how often it looks for a release."
  type = object({
    function_name        = string
    release_poll_seconds = number
  })
}
