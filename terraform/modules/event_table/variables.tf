variable "alias" {
  description = "Alias of the scorer, which the mapping invokes."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "existing" {
  description = "A table that exists: the ARN of its stream, which has new images, and the key that encrypts it (null: DynamoDB's own). null: the stack makes one."
  type = object({
    key_arn    = optional(string)
    stream_arn = string
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]+/stream/.+", try(var.existing.stream_arn, "")))
    error_message = "event_table.existing.stream_arn must be the ARN of a table's stream (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL); it is \"${try(var.existing.stream_arn, "")}\"."
  }
}

variable "failure_arn" {
  description = "ARN of the bucket for the batches that Lambda discards after the last retry."
  type        = string
}

variable "key_arn" {
  description = "Key that encrypts the table."
  type        = string
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "The event source mapping: batch size and window, concurrent batches per shard, when Lambda discards a batch, and where it starts."
  type = object({
    batch_size             = optional(number, 1000)
    maximum_retry_attempts = optional(number, 10)
    parallelization_factor = optional(number, 1)
    record_age_seconds     = optional(number, 21600)
    starting_position      = optional(string, "TRIM_HORIZON")
    window_seconds         = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.mapping.batch_size >= 1 && var.mapping.batch_size <= 10000
    error_message = "event_table.mapping.batch_size must be between 1 and 10000 records; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "event_table.mapping.window_seconds must be between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.parallelization_factor >= 1 && var.mapping.parallelization_factor <= 10
    error_message = "event_table.mapping.parallelization_factor must be between 1 and 10 batches per shard; it is ${var.mapping.parallelization_factor}."
  }

  validation {
    condition     = var.mapping.maximum_retry_attempts >= 0 && var.mapping.maximum_retry_attempts <= 10000
    error_message = "event_table.mapping.maximum_retry_attempts must be between 0 and 10000; it is ${var.mapping.maximum_retry_attempts}. With unlimited retries (-1), one bad record blocks its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds >= 60 && var.mapping.record_age_seconds < 86400
    error_message = "event_table.mapping.record_age_seconds must be between 60 and 86399, below the 24 hours that a table's stream keeps records; it is ${var.mapping.record_age_seconds}."
  }

  validation {
    condition     = contains(["LATEST", "TRIM_HORIZON"], var.mapping.starting_position)
    error_message = "event_table.mapping.starting_position must be \"TRIM_HORIZON\" (every record that the stream holds) or \"LATEST\" (new records only); it is \"${var.mapping.starting_position}\"."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "role_name" {
  description = "Role of the scorer, which may read the stream."
  type        = string
}

variable "shards" {
  description = "Shards that the table's stream is expected to have, one for each partition of the table: what the reserved concurrency must cover."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.shards >= 1 && floor(var.shards) == var.shards
    error_message = "event_table.shards must be a whole number from 1; it is ${var.shards}."
  }
}

variable "table" {
  description = "For a table that the stack makes: the name of its key, a string; whether it can be deleted, and restored to a moment."
  type = object({
    deletion_protection    = optional(bool, false)
    key                    = optional(string, "event_id")
    point_in_time_recovery = optional(bool, true)
  })
  default  = {}
  nullable = false
}
