# Of where events come from: sources.tf.

variable "batch" {
  description = "Scores objects in S3 by a state machine; null: none. The batch bucket can always be scored; input_bucket_arns names others; workflow: also item by item, by two versions. force_destroy: `destroy` also deletes runs and uploads; default: as in failure_store."
  type = object({
    force_destroy                = optional(bool)
    input_bucket_arns            = optional(list(string))
    input_key_arns               = optional(list(string))
    items_per_invocation         = optional(number)
    keep_days                    = optional(number)
    log_level                    = optional(string)
    log_retention_days           = optional(number)
    maximum_concurrency          = optional(number)
    memory_mb                    = optional(number)
    reserved_concurrency         = optional(number)
    retries                      = optional(number)
    timeout_seconds              = optional(number)
    tolerated_failure_percentage = optional(number)
    workflow                     = optional(bool)
  })
  default = null
}

variable "event_bot" {
  description = "Alias of a Lex V2 bot whose fulfilment hook the scorer is; null: none."
  type = object({
    existing = object({
      arn = string
    })
  })
  default = null
}

variable "event_bus" {
  description = "EventBridge bus that events arrive on, the stack's own or an existing one, and the pattern of those that are scored; null: none."
  type = object({
    existing = optional(object({
      arn = string
    }))
    pattern = optional(string)
    retry = optional(object({
      event_age_seconds      = optional(number)
      maximum_retry_attempts = optional(number)
    }))
  })
  default = null
}

variable "event_objects" {
  description = "Bucket whose new objects are scored, the stack's own or an existing one, by the prefix and suffix of their keys; null: none."
  type = object({
    batch = optional(object({
      most_gib = optional(number)
    }))
    existing = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    keep_days     = optional(number)
    prefix        = optional(string)
    suffix        = optional(string)
  })
  default = null

  validation {
    condition     = try(var.event_objects.batch, null) == null || var.batch != null
    error_message = "event_objects.batch needs the stack's batch; set batch = {}."
  }
}

variable "event_queue" {
  description = "SQS queue that events arrive on, the stack's own or an existing one; null: none."
  type = object({
    existing = optional(object({
      arn                   = string
      dead_letter_queue_url = optional(string)
      key_arn               = optional(string)
      queue_url             = optional(string)
    }))
    mapping = optional(object({
      batch_size          = optional(number)
      maximum_concurrency = optional(number)
      window_seconds      = optional(number)
    }))
    queue = optional(object({
      fifo               = optional(bool)
      max_receive_count  = optional(number)
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default = null
}

variable "event_schedule" {
  description = "Schedule on which all objects below a prefix of a bucket are scored; null: none."
  type = object({
    bucket_arn = string
    key_arn    = optional(string)
    prefix     = string
    schedule   = string
  })
  default = null
}

variable "event_stream" {
  description = "Kinesis stream that events arrive on, the stack's own or an existing one, and its event source mapping. Without shards it has on-demand capacity."
  type = object({
    existing = optional(object({
      arn             = string
      key_arn         = optional(string)
      retention_hours = optional(number, 24)
      shards          = optional(number)
    }))
    retention_hours = optional(number)
    shards          = optional(number)
    mapping = optional(object({
      batch_size                  = optional(number)
      enhanced_fan_out            = optional(bool)
      filters                     = optional(list(string))
      maximum_retry_attempts      = optional(number)
      parallelization_factor      = optional(number)
      record_age_seconds          = optional(number)
      starting_position           = optional(string)
      starting_position_timestamp = optional(string)
      window_seconds              = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "event_streams" {
  description = "Further Kinesis streams that events arrive on, each as event_stream, by a name that becomes part of theirs."
  type = map(object({
    existing = optional(object({
      arn             = string
      key_arn         = optional(string)
      retention_hours = optional(number, 24)
      shards          = optional(number)
    }))
    retention_hours = optional(number)
    shards          = optional(number)
    mapping = optional(object({
      batch_size                  = optional(number)
      enhanced_fan_out            = optional(bool)
      filters                     = optional(list(string))
      maximum_retry_attempts      = optional(number)
      parallelization_factor      = optional(number)
      record_age_seconds          = optional(number)
      starting_position           = optional(string)
      starting_position_timestamp = optional(string)
      window_seconds              = optional(number)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.event_streams) : can(regex("^[a-z0-9][a-z0-9-]{0,15}$", name))])
    error_message = "event_streams: each name must have 1 to 16 lower-case letters, digits and hyphens, and not begin with a hyphen."
  }
}

variable "event_table" {
  description = "DynamoDB table whose new and changed items are events, the stack's own or an existing one; null: none."
  type = object({
    existing = optional(object({
      key_arn    = optional(string)
      stream_arn = string
    }))
    mapping = optional(object({
      batch_size             = optional(number)
      maximum_retry_attempts = optional(number)
      parallelization_factor = optional(number)
      record_age_seconds     = optional(number)
      starting_position      = optional(string)
      window_seconds         = optional(number)
    }))
    shards = optional(number)
    table = optional(object({
      deletion_protection    = optional(bool)
      key                    = optional(string)
      point_in_time_recovery = optional(bool)
    }))
  })
  default = null
}

variable "event_topic" {
  description = "SNS topic that events arrive on, the stack's own or an existing one, and its delivery to the scorer: \"queued\" (SNS → SQS → Lambda) or \"direct\" (SNS → Lambda)."
  type = object({
    existing = optional(object({
      arn = string
    }))
    delivery = optional(string)
    direct = optional(object({
      event_age_seconds      = optional(number)
      maximum_retry_attempts = optional(number)
    }))
    mapping = optional(object({
      batch_size          = optional(number)
      maximum_concurrency = optional(number)
      window_seconds      = optional(number)
    }))
    queue = optional(object({
      max_receive_count  = optional(number)
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}
