variable "account" {
  description = "Account and region of the stack. They make the bucket's name unique, and Lambda writes to a bucket of this account only."
  type = object({
    id     = string
    region = string
  })
}

variable "alarms" {
  description = "Thresholds of the store's alarms."
  type = object({
    # Every object is a batch that waits for a redrive.
    on_failure_objects = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.on_failure_objects >= 0 && floor(var.alarms.on_failure_objects) == var.alarms.on_failure_objects
    error_message = "alarms.on_failure_objects is a count: a whole number from 0; it is ${var.alarms.on_failure_objects}."
  }
}

variable "existing" {
  description = "A bucket that exists: its ARN, the key that encrypts it, where that is not the stack's, and the name of a metrics configuration of the prefix aws/lambda/, for the alarm. It must have versions. Stacks cannot share one: redrive would mix up their batches."
  type = object({
    arn            = string
    key_arn        = optional(string)
    metrics_filter = optional(string)
  })
  default = null
}

variable "force_destroy" {
  description = "Whether `destroy` also deletes events that have not been redriven."
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
  description = "Days for which discarded batches can be redriven. The log of redrives is kept as long."
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
  description = "Role of the scorer, which may write to the store."
  type        = string
}
