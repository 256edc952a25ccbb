variable "account_id" {
  description = "Account id, which makes the bucket's name unique."
  type        = string
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes the models."
  type        = bool
  default     = false
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the models."
  type        = string
}

variable "model_name" {
  description = "The model that the scorer may read: everything below models/<name>/."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", var.model_name))
    error_message = "model.name must have 1 to 64 letters, digits, dots, hyphens or underscores and begin with a letter or digit (it is part of keys and of a policy); it is \"${var.model_name}\"."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "noncurrent_days" {
  description = "Days for which overwritten and deleted versions are kept: how far back a release can be restored."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "model_store.noncurrent_days must be 1 or more; it is ${var.noncurrent_days}."
  }
}

variable "role_name" {
  description = "The scorer's role, which may read the model."
  type        = string
}
