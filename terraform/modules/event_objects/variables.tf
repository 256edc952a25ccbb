variable "account" {
  description = "Account and region of the stack, for the name of its bucket."
  type = object({
    id     = string
    region = string
  })
}

variable "alias" {
  description = "Alias of the scorer, which is invoked."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "batch" {
  description = "Hands files of rows that are too large for an invocation to the stack's batch, whose state machine the scorer may then start, up to most_gib each; null: they are quarantined."
  type = object({
    most_gib = optional(number, 50)
  })
  default = null

  validation {
    condition     = var.batch == null || try(var.batch.most_gib >= 1 && var.batch.most_gib <= 5120 && floor(var.batch.most_gib) == var.batch.most_gib, false)
    error_message = "event_objects.batch.most_gib must be a whole number from 1 to 5120 (S3's largest object); it is ${try(coalesce(var.batch.most_gib), "null")}."
  }
}

variable "existing" {
  description = "A bucket that exists: its ARN, and the key that encrypts its objects (null: S3's own). The stack sets its notifications. null: the stack makes one."
  type = object({
    arn     = string
    key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", try(var.existing.arn, "")))
    error_message = "event_objects.existing.arn must be the ARN of a bucket (arn:aws:s3:::NAME); it is \"${try(var.existing.arn, "")}\"."
  }
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes the objects of a bucket that the stack makes."
  type        = bool
  default     = false
  nullable    = false
}

variable "keep_days" {
  description = "Days for which objects are kept below the prefix, or below events/ without one, in a bucket that the stack makes; then for failure_store.on_failure_days as a former version."
  type        = number
  default     = 90
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the bucket."
  type        = string
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "on_failure_days" {
  description = "Days for which discarded notifications can be redriven: for as many, former versions of objects are kept."
  type        = number
}

variable "prefix" {
  description = "Prefix of the keys that are scored; \"\": all."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.prefix == "" || endswith(var.prefix, "/")
    error_message = "event_objects.prefix must end with \"/\", or be empty; it is \"${var.prefix}\"."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may read the objects."
  type        = string
}

variable "state_machine_arn" {
  description = "The state machine of the stack's batch; null: it has none."
  type        = string
  default     = null
}

variable "suffix" {
  description = "How the keys end that are scored, such as .jsonl; null: in any way."
  type        = string
  default     = null
}
