variable "account" {
  description = "Account, partition and region of the stack."
  type = object({
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

variable "framework" {
  description = "Of the models that it makes, onnx or xgboost; the package has the libraries of one."
  type        = string
  default     = "onnx"
  nullable    = false

  validation {
    condition     = contains(["onnx", "xgboost"], var.framework)
    error_message = "trainer.framework must be onnx or xgboost; it is ${var.framework}."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the stack."
  type        = string
}

variable "log_level" {
  description = "Minimum level of the function's logs."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function; a table may take an eighth of it."
  type        = number
  default     = 3008
  nullable    = false

  validation {
    condition     = var.memory_mb >= 1024
    error_message = "trainer.memory_mb must be 1024 or more, its libraries need it; it is ${var.memory_mb}."
  }
}

variable "model_name" {
  description = "Name of the model that is trained."
  type        = string
}

variable "model_store" {
  description = "The bucket of the model store."
  type        = object({ arn = string, bucket = string })
}

variable "name" {
  description = "Name of the stack, which begins the function's."
  type        = string
}

variable "package" {
  description = "The function's zip: a path, whose file is put into the model store's bucket, or s3://bucket/key?versionId=V."
  type        = string
}

variable "place" {
  description = "Where functions run: see lambda_function."
  type        = any
  default     = null
}

variable "slow_percent" {
  description = "Percentage of the timeout from which a training is slow."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.slow_percent > 0 && var.slow_percent <= 100
    error_message = "trainer.slow_percent must be above 0, up to 100; it is ${var.slow_percent}."
  }
}

variable "table_key_arns" {
  description = "ARNs of the keys that tables in other buckets are encrypted with."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tables" {
  description = "ARNs of objects in other buckets that may be read as tables, such as arn:aws:s3:::data/sessions/*."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.tables : can(regex("^arn:[^:]+:s3:::[^/*]+/.+", arn))])
    error_message = "trainer.tables must be ARNs of objects, arn:aws:s3:::bucket/prefix*; they are ${join(", ", var.tables)}."
  }
}

variable "timeout_seconds" {
  description = "Timeout of the function."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 60 && var.timeout_seconds <= 900
    error_message = "trainer.timeout_seconds must be between 60 and 900; it is ${var.timeout_seconds}."
  }
}
