variable "account_id" {
  description = "Account id, which makes the bucket's name unique and is the only one written to."
  type        = string
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes what has not been redriven."
  type        = bool
  default     = false
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the objects."
  type        = string
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "on_failure_days" {
  description = "Days for which the batches that Lambda gave up on are kept: the time to redrive them. The trail of what was redriven is kept as long."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.on_failure_days >= 1
    error_message = "failure_store.on_failure_days must be 1 or more; it is ${var.on_failure_days}."
  }
}

variable "quarantine_days" {
  description = "Days for which quarantined events are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.quarantine_days >= 1
    error_message = "failure_store.quarantine_days must be 1 or more; it is ${var.quarantine_days}."
  }
}

variable "role_name" {
  description = "The scorer's role, which may write to the store."
  type        = string
}
