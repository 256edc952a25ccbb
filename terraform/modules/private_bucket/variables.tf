variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "expire_days" {
  description = "Days after which objects expire, by key prefix."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for prefix, days in var.expire_days : endswith(prefix, "/") && days >= 1])
    error_message = "expire_days must map prefixes that end with \"/\" to 1 day or more; it is ${jsonencode(var.expire_days)}."
  }
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes the objects."
  type        = bool
  default     = false
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the objects."
  type        = string
}

variable "noncurrent_days" {
  description = "Days for which overwritten and deleted versions are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days must be 1 or more; it is ${var.noncurrent_days}."
  }
}
