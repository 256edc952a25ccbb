variable "account" {
  description = "Account, partition, region and suffixes of the stack. The id makes the bucket's name unique."
  type = object({
    dns_suffix   = string
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

variable "architecture" {
  description = "Instruction set of the function and its package."
  type        = string
  default     = null
}

variable "event_bucket_arns" {
  description = "ARNs of the stack's buckets whose large files are handed over; they may be scored too."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes runs and uploads."
  type        = bool
  default     = false
  nullable    = false
}

variable "input_bucket_arns" {
  description = "ARNs of the buckets that may be scored, in addition to the batch bucket itself."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.input_bucket_arns : can(regex("^arn:[a-z-]+:s3:::[^/*]+$", arn))])
    error_message = "batch.input_bucket_arns must be ARNs of buckets, such as arn:aws:s3:::events; they are ${jsonencode(var.input_bucket_arns)}."
  }
}

variable "input_key_arns" {
  description = "ARNs of the KMS keys that these buckets are encrypted with."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "items_per_invocation" {
  description = "Items, of up to 2 MiB of input each, that one invocation scores."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.items_per_invocation >= 1 && var.items_per_invocation <= 20 && floor(var.items_per_invocation) == var.items_per_invocation
    error_message = "batch.items_per_invocation must be a whole number from 1 to 20; it is ${var.items_per_invocation}."
  }
}

variable "keep_days" {
  description = "Days for which runs and uploads are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.keep_days >= 1
    error_message = "batch.keep_days must be 1 or more; it is ${var.keep_days}."
  }
}

variable "key_arn" {
  description = "Key that encrypts the bucket and the logs."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false
}

# A new account has 10 concurrent executions, others 1,000 by default: the rest is the stream's.
variable "maximum_concurrency" {
  description = "Invocations that score at the same time."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 1 && var.maximum_concurrency <= 10000 && floor(var.maximum_concurrency) == var.maximum_concurrency
    error_message = "batch.maximum_concurrency must be a whole number from 1 to 10000 (a limit of Distributed Map); it is ${var.maximum_concurrency}."
  }
}

variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.memory_mb >= 512
    error_message = "batch.memory_mb must be 512 or more (a model, and an item with its predictions); it is ${var.memory_mb}."
  }
}

variable "model_keys" {
  description = "MODEL_PUBLIC_KEYS or MODEL_KMS_KEYS, as the scorer has them; empty where signing is off."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "model_name" {
  description = "Name of the model that batches are scored by."
  type        = string
}

variable "model_store" {
  description = "The bucket with models."
  type        = object({ arn = string, bucket = string })
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "package" {
  description = "Path of the function's zip, or s3://bucket/key."
  type        = string
}

variable "place" {
  description = "Permissions boundary, path of the roles, and VPC, as in lambda_function."
  type        = any
  default     = null
}

variable "reserved_concurrency" {
  description = "Concurrent executions reserved for batches; -1 shares the account's."
  type        = number
  default     = -1
  nullable    = false
}

variable "retries" {
  description = "Attempts to repeat a task that failed for what may pass, with backoff from 2 s up to a minute."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.retries >= 0 && var.retries <= 20 && floor(var.retries) == var.retries
    error_message = "batch.retries must be a whole number from 0 to 20; it is ${var.retries}."
  }
}

variable "timeout_seconds" {
  description = "Timeout of one task. A plan that takes longer is continued by the next one."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 60
    error_message = "batch.timeout_seconds must be 60 or more (a plan needs 30 to end); it is ${var.timeout_seconds}."
  }
}

variable "tolerated_failure_percentage" {
  description = "Percentage of a page's items that may fail after the last retry before the run fails; failed items are counted and can be redriven."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.tolerated_failure_percentage >= 0 && var.tolerated_failure_percentage <= 100
    error_message = "batch.tolerated_failure_percentage must be from 0 to 100; it is ${var.tolerated_failure_percentage}."
  }
}

variable "verifying_key_arns" {
  description = "KMS keys that verify signatures of models; empty where public keys do, or signing is off."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "workflow" {
  description = "Whether there is an item workflow: objects one by one, by two versions, compared and notified of."
  type        = bool
  default     = false
  nullable    = false
}
