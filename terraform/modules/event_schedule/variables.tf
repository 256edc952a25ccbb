variable "alias" {
  description = "Alias of the scorer, which is invoked."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "bucket_arn" {
  description = "ARN of the bucket with the objects."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.bucket_arn))
    error_message = "event_schedule.bucket_arn must be the ARN of a bucket (arn:aws:s3:::NAME); it is \"${var.bucket_arn}\"."
  }
}

variable "key_arn" {
  description = "Key that encrypts the objects; null: S3's own, or the stack's."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "prefix" {
  description = "Prefix of the objects that are scored each time, which ends with \"/\"."
  type        = string

  validation {
    condition     = endswith(var.prefix, "/")
    error_message = "event_schedule.prefix must end with \"/\"; it is \"${var.prefix}\"."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may read the objects."
  type        = string
}

variable "schedule" {
  description = "When: rate(1 day), or cron(0 3 * * ? *) in UTC."
  type        = string

  validation {
    condition     = can(regex("^(rate|cron)[(].+[)]$", var.schedule))
    error_message = "event_schedule.schedule must be rate(…) or cron(…); it is \"${var.schedule}\"."
  }
}
