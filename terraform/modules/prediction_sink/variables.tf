variable "content" {
  description = "What the sink receives; second part of its name."
  type        = string
  default     = "predictions"
  nullable    = false

  validation {
    condition     = contains(["predictions", "shadow-predictions"], var.content)
    error_message = "content must be \"predictions\" or \"shadow-predictions\"; it is \"${var.content}\"."
  }
}

variable "dns_suffix" {
  description = "DNS suffix of the partition, for the URL of an existing queue."
  type        = string
  default     = "amazonaws.com"
  nullable    = false
}

variable "existing" {
  description = "A stream, topic or queue that exists, of the type of the sink: its ARN, the key that encrypts it (null: the service's own, or none), and a queue's URL (null: AWS's). null: the stack makes one."
  type = object({
    arn       = string
    key_arn   = optional(string)
    queue_url = optional(string)
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:${var.type}:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_./-]+$", try(var.existing.arn, "")))
    error_message = "prediction_sink.existing.arn must be the ARN of a resource of ${var.type}, the sink's type; it is \"${try(var.existing.arn, "")}\"."
  }

  validation {
    condition     = var.existing == null || !endswith(try(var.existing.arn, ""), ".fifo")
    error_message = "prediction_sink.existing.arn is a FIFO queue or topic, which the scorer does not write to: expected a standard one."
  }
}

variable "key_arn" {
  description = "Key that encrypts the sink."
  type        = string
}

variable "kinesis" {
  description = "For type \"kinesis\": hours kept, shards (null: on-demand capacity), and hash-key ranges that predictions are aggregated into (0: one record per prediction)."
  type = object({
    aggregate_ranges = optional(number, 0)
    retention_hours  = optional(number, 24)
    shards           = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.kinesis.aggregate_ranges >= 0 && var.kinesis.aggregate_ranges <= 256 && floor(var.kinesis.aggregate_ranges) == var.kinesis.aggregate_ranges
    error_message = "prediction_sink.kinesis.aggregate_ranges must be a whole number from 0 (off) to 256; it is ${var.kinesis.aggregate_ranges}."
  }

  validation {
    condition     = var.kinesis.retention_hours >= 24 && var.kinesis.retention_hours <= 8760
    error_message = "prediction_sink.kinesis.retention_hours must be between 24 and 8760 (a limit of Kinesis); it is ${var.kinesis.retention_hours}."
  }

  validation {
    condition     = var.kinesis.shards == null ? true : var.kinesis.shards >= 1 && floor(var.kinesis.shards) == var.kinesis.shards
    error_message = "prediction_sink.kinesis.shards must be a whole number from 1, or null for on-demand capacity; it is ${coalesce(var.kinesis.shards, 0)}."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "role_name" {
  description = "Role of the scorer, which may write to the sink."
  type        = string
}

variable "sqs" {
  description = "For type \"sqs\": retention and visibility timeout of messages."
  type = object({
    retention_seconds  = optional(number, 1209600)
    visibility_seconds = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.sqs.retention_seconds >= 60 && var.sqs.retention_seconds <= 1209600
    error_message = "prediction_sink.sqs.retention_seconds must be between 60 and 1209600 (14 days, a limit of SQS); it is ${var.sqs.retention_seconds}."
  }

  validation {
    condition     = var.sqs.visibility_seconds >= 0 && var.sqs.visibility_seconds <= 43200
    error_message = "prediction_sink.sqs.visibility_seconds must be between 0 and 43200 (a limit of SQS); it is ${var.sqs.visibility_seconds}."
  }
}

variable "type" {
  description = "Kind of sink: \"kinesis\", \"sns\" or \"sqs\"."
  type        = string
  default     = "kinesis"
  nullable    = false

  validation {
    condition     = contains(["kinesis", "sns", "sqs"], var.type)
    error_message = "prediction_sink.type must be \"kinesis\", \"sns\" or \"sqs\"; it is \"${var.type}\"."
  }
}
