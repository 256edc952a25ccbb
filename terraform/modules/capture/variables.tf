variable "account" {
  description = "Account and region of the stack. They make the bucket's name unique."
  type = object({
    id     = string
    region = string
  })
}

variable "existing_bucket" {
  description = "A bucket that exists, in place of one that is made: its ARN, and the key that encrypts it, where that is not the stack's."
  type = object({
    arn     = string
    key_arn = optional(string)
  })
  default = null
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes captured rows."
  type        = bool
  default     = false
  nullable    = false
}

variable "keep_days" {
  description = "Days for which captured rows are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.keep_days >= 1 && floor(var.keep_days) == var.keep_days
    error_message = "capture.keep_days must be whole days from 1; it is ${var.keep_days}."
  }
}

variable "key_arn" {
  description = "Key that encrypts the rows."
  type        = string
}

variable "model_name" {
  description = "The model whose rows are captured."
  type        = string
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "role_name" {
  description = "Role of the scorer, which may write captured rows."
  type        = string
}

variable "share" {
  description = "Share of the partition keys whose rows are captured; 1: all rows."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.share > 0 && var.share <= 1
    error_message = "capture.share must be above 0, and at most 1 (all rows); it is ${var.share}. Leave capture out to capture nothing."
  }
}

variable "write_seconds" {
  description = "Minimum seconds between two writes of a container. 0: each batch writes its rows, so none is lost when a container ends, for a request and an object each."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.write_seconds >= 0 && var.write_seconds <= 3600
    error_message = "capture.write_seconds must be between 0 and 3600; it is ${var.write_seconds}."
  }
}
