variable "alarms" {
  description = "Thresholds of the source's alarms."
  type = object({
    # Bisecting and retrying take minutes; five of them mean that a shard does not keep up.
    iterator_age_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.iterator_age_seconds > 0 && var.alarms.iterator_age_seconds < var.mapping.record_age_seconds
    error_message = "alarms.iterator_age_seconds (${var.alarms.iterator_age_seconds}) must be more than 0, and less than event_stream.mapping.record_age_seconds (${var.mapping.record_age_seconds}): older records are discarded, so the alarm would fire too late or never."
  }
}

variable "alias" {
  description = "Alias of the scorer, which the mapping invokes."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "existing" {
  description = "A stream that exists: its ARN, the key that encrypts it (null: Kinesis's own or none), hours that it keeps records, and its shards. null: the stack makes one."
  type = object({
    arn             = string
    key_arn         = optional(string)
    retention_hours = optional(number, 24)
    shards          = optional(number)
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:kinesis:[a-z0-9-]+:[0-9]{12}:stream/.+", try(var.existing.arn, "")))
    error_message = "event_stream.existing.arn must be the ARN of a Kinesis stream; it is \"${try(var.existing.arn, "")}\"."
  }

  validation {
    condition     = var.existing == null || (var.shards == null && var.retention_hours == null)
    error_message = "event_stream.shards and event_stream.retention_hours are for a stream that the stack makes. Those of an existing one are in event_stream.existing; the stack does not change them."
  }
}

variable "failure_arn" {
  description = "ARN of the bucket for the batches that Lambda discards after the last retry."
  type        = string
}

variable "key_arn" {
  description = "Key that encrypts the stream."
  type        = string
}

variable "label" {
  description = "Distinguishes several streams of one stack; part of names. null: the stack's first stream."
  type        = string
  default     = null
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "The event source mapping: batch size and window, concurrent batches per shard, when Lambda discards a batch, where it starts, a consumer of its own (enhanced_fan_out), and filters on metadata."
  type = object({
    batch_size                  = optional(number, 1000)
    enhanced_fan_out            = optional(bool, false)
    filters                     = optional(list(string), [])
    maximum_retry_attempts      = optional(number, 10)
    parallelization_factor      = optional(number, 1)
    record_age_seconds          = optional(number, 21600)
    starting_position           = optional(string, "TRIM_HORIZON")
    starting_position_timestamp = optional(string)
    window_seconds              = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.mapping.batch_size >= 1 && var.mapping.batch_size <= 10000
    error_message = "event_stream.mapping.batch_size must be between 1 and 10000 records; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "event_stream.mapping.window_seconds must be between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.parallelization_factor >= 1 && var.mapping.parallelization_factor <= 10
    error_message = "event_stream.mapping.parallelization_factor must be between 1 and 10 batches per shard; it is ${var.mapping.parallelization_factor}. For more, add shards."
  }

  validation {
    condition     = var.mapping.maximum_retry_attempts >= 0 && var.mapping.maximum_retry_attempts <= 10000
    error_message = "event_stream.mapping.maximum_retry_attempts must be between 0 and 10000; it is ${var.mapping.maximum_retry_attempts}. With unlimited retries (-1), one bad record blocks its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds >= 60 && var.mapping.record_age_seconds <= 604800
    error_message = "event_stream.mapping.record_age_seconds must be between 60 and 604800; it is ${var.mapping.record_age_seconds}. Without a limit (-1), one bad record blocks its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds < local.retention_hours * 3600
    error_message = "event_stream.mapping.record_age_seconds (${var.mapping.record_age_seconds}) must be below the stream's retention (${local.retention_hours * 3600} s), or records expire in the stream before they reach the failure store. Lower the age or raise the retention."
  }

  validation {
    condition     = contains(["AT_TIMESTAMP", "LATEST", "TRIM_HORIZON"], var.mapping.starting_position)
    error_message = "event_stream.mapping.starting_position must be \"TRIM_HORIZON\" (every record that the stream holds), \"LATEST\" (new records only) or \"AT_TIMESTAMP\"; it is \"${var.mapping.starting_position}\"."
  }

  validation {
    condition     = (var.mapping.starting_position == "AT_TIMESTAMP") == (var.mapping.starting_position_timestamp != null) && (var.mapping.starting_position_timestamp == null || can(timeadd(var.mapping.starting_position_timestamp, "0s")))
    error_message = "event_stream.mapping.starting_position_timestamp must be a time like \"2026-11-28T09:00:00Z\" for the position \"AT_TIMESTAMP\", and null for others; it is \"${coalesce(var.mapping.starting_position_timestamp, "null")}\"."
  }

  # With a filter on data, Lambda drops every record that is not JSON, and nothing accounts for it.
  # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
  validation {
    condition     = alltrue([for filter in var.mapping.filters : can(keys(jsondecode(filter))) && !contains(try(keys(jsondecode(filter)), []), "data")])
    error_message = "event_stream.mapping.filters must be JSON patterns of metadata, like {\"partitionKey\": [\"1\"]}. A filter on \"data\" drops events that are not JSON, and nothing counts them."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "retention_hours" {
  description = "Hours for which the stream keeps events; null: 48."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.retention_hours, 48) >= 24 && coalesce(var.retention_hours, 48) <= 8760
    error_message = "event_stream.retention_hours must be between 24 and 8760 (a limit of Kinesis); it is ${coalesce(var.retention_hours, 48)}."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may read the stream."
  type        = string
}

variable "shards" {
  description = "Number of shards, 1 MB/s and 1000 records/s each; null for on-demand capacity."
  type        = number
  default     = null

  validation {
    condition     = var.shards == null ? true : var.shards >= 1 && floor(var.shards) == var.shards
    error_message = "event_stream.shards must be a whole number from 1, or null for on-demand capacity; it is ${coalesce(var.shards, 0)}."
  }
}
