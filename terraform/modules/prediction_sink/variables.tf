variable "account" {
  description = "Account and region of the stack, for the name of the bucket that a delivery stream writes to; the suffixes that S3 may have in kms:ViaService."
  type = object({
    id           = string
    kms_suffixes = list(string)
    region       = string
  })
}

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

variable "dynamodb" {
  description = "For type \"dynamodb\": whether the table can be deleted, and restored to a moment."
  type = object({
    deletion_protection    = optional(bool, false)
    point_in_time_recovery = optional(bool, true)
  })
  default  = {}
  nullable = false
}

variable "existing" {
  description = "A stream, topic, queue, delivery stream, bus or table that exists, of the type of the sink: its ARN, the key that encrypts it (null: the service's own, or none), and a queue's URL (null: AWS's). null: the stack makes one."
  type = object({
    arn       = string
    key_arn   = optional(string)
    queue_url = optional(string)
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:${var.type == "eventbridge" ? "events" : var.type}:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_./-]+$", try(var.existing.arn, "")))
    error_message = "prediction_sink.existing.arn must be the ARN of a resource of ${var.type}, the sink's type; it is \"${try(var.existing.arn, "")}\"."
  }

  validation {
    condition     = var.existing == null || !endswith(try(var.existing.arn, ""), ".fifo")
    error_message = "prediction_sink.existing.arn is a FIFO queue or topic, which the scorer does not write to: expected a standard one."
  }
}

variable "firehose" {
  description = "For type \"firehose\": what Firehose collects before it writes an object (seconds, MiB), its compression (UNCOMPRESSED or GZIP), days for which objects are kept, whether `destroy` deletes them, and whether the stack's key encrypts what Firehose still holds (emulators cannot)."
  type = object({
    buffer_mib     = optional(number, 16)
    buffer_seconds = optional(number, 60)
    compression    = optional(string, "GZIP")
    encrypt        = optional(bool, true)
    force_destroy  = optional(bool, false)
    keep_days      = optional(number, 90)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.firehose.buffer_mib >= 1 && var.firehose.buffer_mib <= 128 && var.firehose.buffer_seconds >= 0 && var.firehose.buffer_seconds <= 900
    error_message = "prediction_sink.firehose must have buffer_mib from 1 to 128 and buffer_seconds from 0 to 900 (limits of Firehose); they are ${var.firehose.buffer_mib} and ${var.firehose.buffer_seconds}."
  }

  validation {
    condition     = contains(["GZIP", "UNCOMPRESSED"], var.firehose.compression)
    error_message = "prediction_sink.firehose.compression must be \"GZIP\" or \"UNCOMPRESSED\"; it is \"${var.firehose.compression}\"."
  }

  validation {
    condition     = var.firehose.keep_days >= 1
    error_message = "prediction_sink.firehose.keep_days must be 1 or more; it is ${var.firehose.keep_days}."
  }
}

variable "key_arn" {
  description = "Key that encrypts the sink."
  type        = string
}

variable "kinesis" {
  description = "For type \"kinesis\": hours kept, shards (null: on-demand capacity), hash-key ranges that predictions are aggregated into (0: one record per prediction), and the form of requests, json or cbor (a quarter fewer bytes)."
  type = object({
    aggregate_ranges = optional(number, 0)
    retention_hours  = optional(number, 24)
    shards           = optional(number)
    wire             = optional(string, "json")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["json", "cbor"], var.kinesis.wire)
    error_message = "prediction_sink.kinesis.wire must be json or cbor; it is ${var.kinesis.wire}."
  }

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

variable "place" {
  description = "What limits the role that Firehose delivers with: permissions boundary, and path of the role."
  type = object({
    permissions_boundary = optional(string)
    role_path            = optional(string, "/")
  })
  default  = {}
  nullable = false
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
  description = "Kind of sink: \"kinesis\", \"sns\", \"sqs\", \"firehose\", \"eventbridge\" or \"dynamodb\"."
  type        = string
  default     = "kinesis"
  nullable    = false

  validation {
    condition     = contains(["kinesis", "sns", "sqs", "firehose", "eventbridge", "dynamodb"], var.type)
    error_message = "prediction_sink.type must be \"kinesis\", \"sns\", \"sqs\", \"firehose\", \"eventbridge\" or \"dynamodb\"; it is \"${var.type}\"."
  }
}
