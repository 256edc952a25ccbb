variable "account" {
  description = "Account, partition and region of the stack."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

# The thresholds are in the modules of what is watched; what to do when an alarm fires, in docs/runbook.md.
variable "alarms" {
  description = "What all alarms have in common: the period that they look at, and where they go."
  type = object({
    # Addresses that the stack's own topic writes to.
    emails = optional(list(string), [])
    # Five minutes tolerate one bad minute. A shorter period fires sooner, and more often.
    period_seconds = optional(number, 300)
    # Address of the runbook, for the dashboard's links; without it, the dashboard shows the names of sections.
    runbook_url = optional(string)
    # Long enough for a retry, short compared with the hours for which streams and queues keep events.
    silent_minutes = optional(number, 10)
    # The SNS topic that alarms go to; without it, the stack creates one.
    topic_arn = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.alarms.emails) == 0 || var.alarms.topic_arn == null
    error_message = "alarms.emails subscribe to the stack's own topic, which does not exist with alarms.topic_arn: subscribe them to that topic yourself, or leave one of the two out."
  }

  validation {
    condition     = alltrue([for email in var.alarms.emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "alarms.emails must be e-mail addresses; they are ${join(", ", var.alarms.emails)}."
  }

  # CloudWatch evaluates an alarm over up to one day.
  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds <= 3600 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds must be whole minutes between 60 and 3600; it is ${var.alarms.period_seconds}."
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
    condition     = var.alarms.topic_arn == null ? true : can(regex("^arn:[a-z-]+:sns:", var.alarms.topic_arn))
    error_message = "alarms.topic_arn must be the ARN of an SNS topic; it is \"${coalesce(var.alarms.topic_arn, "-")}\"."
  }
}

variable "endpoints" {
  description = "What answers requests, by name: metrics of requests by result, and of their latency."
  type = map(object({
    metrics = object({
      latency  = list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) }))
      requests = list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) }))
    })
  }))
  default  = {}
  nullable = false
}

variable "functions" {
  description = "The functions by name, scorer among them: name in Lambda, bucket and metrics filter of discarded batches (null where callers wait), and alarms."
  type = map(object({
    name       = string
    on_failure = optional(object({ bucket = string, filter = string }))
    alarms = map(object({
      above      = optional(number)
      below      = optional(number)
      datapoints = optional(number)
      expression = optional(string)
      meaning    = string
      metrics    = map(object({ dimensions = map(string), name = string, namespace = string, statistic = string }))
      missing    = string
      period     = optional(number)
      periods    = optional(number)
      runbook    = string
    }))
  }))

  validation {
    condition     = contains(keys(var.functions), "scorer")
    error_message = "functions must contain \"scorer\"; it contains ${jsonencode(keys(var.functions))}."
  }
}

variable "key_arn" {
  description = "Key that encrypts the topic."
  type        = string
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "sinks" {
  description = "The sinks by name: type, metrics (what they accepted, and signs of pressure) and alarms."
  type = map(object({
    type = string
    metrics = object({
      accepted = list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) }))
      pressure = list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) }))
    })
    alarms = map(object({
      above      = optional(number)
      below      = optional(number)
      datapoints = optional(number)
      expression = optional(string)
      meaning    = string
      metrics    = map(object({ dimensions = map(string), name = string, namespace = string, statistic = string }))
      missing    = string
      period     = optional(number)
      periods    = optional(number)
      runbook    = string
    }))
  }))
}

variable "sources" {
  description = "The sources by name: metrics (what arrives, how long it waits, how much waits, dead letters) and alarms."
  type = map(object({
    metrics = object({
      arrivals     = optional(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) }))
      backlog      = optional(list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) })), [])
      dead_letters = optional(list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) })), [])
      wait         = optional(list(object({ dimensions = map(string), label = string, name = string, namespace = string, right = optional(bool, false), statistic = optional(string) })), [])
    })
    alarms = map(object({
      above      = optional(number)
      below      = optional(number)
      datapoints = optional(number)
      expression = optional(string)
      meaning    = string
      metrics    = map(object({ dimensions = map(string), name = string, namespace = string, statistic = string }))
      missing    = string
      period     = optional(number)
      periods    = optional(number)
      runbook    = string
    }))
  }))

  # All alarms of a stack are in one map (main.tf), where the later of two with one name would replace the earlier.
  validation {
    condition = length(flatten([for watched in concat(values(var.functions), values(var.sinks), values(var.sources)) : keys(watched.alarms)])) == length(toset(flatten(
      [for watched in concat(values(var.functions), values(var.sinks), values(var.sources)) : keys(watched.alarms)]
    )))
    error_message = "Names of alarms must be unique across sources, sinks and functions. They are ${join("; ", flatten([
      for kind, all in { functions = var.functions, sinks = var.sinks, sources = var.sources } : [for name, watched in all : "${kind}.${name}: ${join(", ", keys(watched.alarms))}" if length(watched.alarms) > 0]
    ]))}."
  }

  validation {
    condition     = !contains(flatten([for watched in concat(values(var.functions), values(var.sinks), values(var.sources)) : keys(watched.alarms)]), "scorer-no-predictions")
    error_message = "The alarm \"scorer-no-predictions\" is the stack's own (silence.tf). Give the alarm of the source, sink or function another name."
  }

  # They are ids in metric math.
  validation {
    condition     = alltrue([for key in keys(var.sources) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "sources must have names of lower-case letters, digits and underscores; they are ${jsonencode(keys(var.sources))}."
  }
}
