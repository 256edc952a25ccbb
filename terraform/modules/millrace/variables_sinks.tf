# Of where predictions go: sinks.tf.

variable "prediction_sink" {
  description = "Where predictions go: type \"kinesis\", \"sns\", \"sqs\", \"firehose\", \"eventbridge\" or \"dynamodb\", the stack's own or an existing one. Only the settings of that type apply."
  type = object({
    type = optional(string)
    existing = optional(object({
      arn       = string
      key_arn   = optional(string)
      queue_url = optional(string)
    }))
    dynamodb = optional(object({
      deletion_protection    = optional(bool)
      point_in_time_recovery = optional(bool)
    }))
    firehose = optional(object({
      buffer_mib     = optional(number)
      buffer_seconds = optional(number)
      compression    = optional(string)
      encrypt        = optional(bool)
      force_destroy  = optional(bool)
      keep_days      = optional(number)
    }))
    kinesis = optional(object({
      aggregate_ranges = optional(number)
      retention_hours  = optional(number)
      shards           = optional(number)
      wire             = optional(string)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "shadow_sink" {
  description = "Where a shadow's predictions go, as prediction_sink; null: nowhere."
  type = object({
    type = optional(string)
    existing = optional(object({
      arn       = string
      key_arn   = optional(string)
      queue_url = optional(string)
    }))
    dynamodb = optional(object({
      deletion_protection    = optional(bool)
      point_in_time_recovery = optional(bool)
    }))
    firehose = optional(object({
      buffer_mib     = optional(number)
      buffer_seconds = optional(number)
      compression    = optional(string)
      encrypt        = optional(bool)
      force_destroy  = optional(bool)
      keep_days      = optional(number)
    }))
    kinesis = optional(object({
      retention_hours = optional(number)
      shards          = optional(number)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default = null
}
