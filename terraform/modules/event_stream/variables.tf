variable "alias_arn" {
  description = "The scorer's alias, which the mapping calls."
  type        = string
}

variable "failure_arn" {
  description = "Bucket for the batches that Lambda gives up on."
  type        = string
}

variable "key_arn" {
  description = "Key that encrypts the stream."
  type        = string
}

# Limits: AWS Lambda API reference, CreateEventSourceMapping.
variable "mapping" {
  description = "How records reach the scorer: size and wait of a batch, batches at a time for each shard, and when to give up."
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
    error_message = "event_stream.mapping.batch_size must lie between 1 and 10000 records; it is ${var.mapping.batch_size}."
  }

  validation {
    condition     = var.mapping.window_seconds >= 0 && var.mapping.window_seconds <= 300
    error_message = "event_stream.mapping.window_seconds must lie between 0 and 300; it is ${var.mapping.window_seconds}."
  }

  validation {
    condition     = var.mapping.parallelization_factor >= 1 && var.mapping.parallelization_factor <= 10
    error_message = "event_stream.mapping.parallelization_factor must lie between 1 and 10 batches a shard; it is ${var.mapping.parallelization_factor}. For more, add shards."
  }

  validation {
    condition     = var.mapping.maximum_retry_attempts >= 0 && var.mapping.maximum_retry_attempts <= 10000
    error_message = "event_stream.mapping.maximum_retry_attempts must lie between 0 and 10000; it is ${var.mapping.maximum_retry_attempts}. Endless retries (-1) would let one bad record block its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds >= 60 && var.mapping.record_age_seconds <= 604800
    error_message = "event_stream.mapping.record_age_seconds must lie between 60 and 604800; it is ${var.mapping.record_age_seconds}. No limit (-1) would let one bad record block its shard."
  }

  validation {
    condition     = var.mapping.record_age_seconds < var.retention_hours * 3600
    error_message = "event_stream.mapping.record_age_seconds (${var.mapping.record_age_seconds}) must be below event_stream.retention_hours (${var.retention_hours * 3600} s), or records leave the stream before they reach the on-failure store. Lower the age or raise the retention."
  }

  validation {
    condition     = contains(["LATEST", "TRIM_HORIZON"], var.mapping.starting_position)
    error_message = "event_stream.mapping.starting_position must be \"TRIM_HORIZON\" (everything kept) or \"LATEST\" (from now on); it is \"${var.mapping.starting_position}\"."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "retention_hours" {
  description = "Hours for which the stream keeps events."
  type        = number
  default     = 48
  nullable    = false

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760
    error_message = "event_stream.retention_hours must lie between 24 and 8760 (a limit of Kinesis); it is ${var.retention_hours}."
  }
}

variable "role_name" {
  description = "The scorer's role, which may read the stream."
  type        = string
}

variable "shards" {
  description = "Number of shards, 1 MB/s and 1000 records/s each; null for on-demand capacity."
  type        = number
  default     = null

  validation {
    condition     = var.shards == null ? true : var.shards >= 1 && floor(var.shards) == var.shards
    error_message = "event_stream.shards must be a whole number from 1 on, or be left out for on-demand capacity; it is ${coalesce(var.shards, 0)}."
  }
}
