variable "account" {
  description = "Account, partition and region of the stack. The id makes the bucket's name unique."
  type = object({
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

variable "existing" {
  description = "A bucket that exists: its ARN, and the key that encrypts it, where that is not the stack's. Other stacks may use it for other models."
  type = object({
    arn     = string
    key_arn = optional(string)
  })
  default = null
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
  description = "The model that the scorer may read and publishers may write: everything below models/<name>/."
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

variable "object_lock" {
  description = "Days for which versions of models and releases cannot be deleted, in mode GOVERNANCE or COMPLIANCE; null: no lock."
  type = object({
    days = number
    mode = string
  })
  default = null
}

variable "place" {
  description = "Permissions boundary and path of roles, as in lambda_function."
  type        = any
  default     = null
}

variable "publishers" {
  description = "ARNs of roles and users that may assume the publisher's role. With any, only they may sign."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.publishers : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "model_store.publishers must be ARNs of IAM roles or users, without wildcards; it is ${jsonencode(var.publishers)}."
  }
}

variable "release_days" {
  description = "Days for which former releases, the history, are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.release_days >= 1
    error_message = "model_store.release_days must be 1 or more; it is ${var.release_days}."
  }
}

variable "role_name" {
  description = "Role of the scorer, which may read the model."
  type        = string
}

variable "signing_keys" {
  description = "Names of the signing keys. The first signs, all are trusted; without any, manifests are not signed."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.signing_keys) <= 8 && length(distinct(var.signing_keys)) == length(var.signing_keys) && alltrue([for key in var.signing_keys : can(regex("^[A-Za-z0-9._-]{1,32}$", key))])
    error_message = "model_store.signing_keys must be up to 8 distinct names (all public keys share the function's environment, 4 KB) of 1 to 32 letters, digits, dots, hyphens or underscores; it is ${jsonencode(var.signing_keys)}."
  }
}

variable "verify" {
  description = "What verifies signatures in the scorer: \"built-in\", with the public keys and without a call, or \"kms\", by kms:Verify."
  type        = string
  default     = "built-in"
  nullable    = false

  validation {
    condition     = contains(["built-in", "kms"], var.verify)
    error_message = "model_store.verify must be \"built-in\" or \"kms\"; it is \"${var.verify}\"."
  }

  validation {
    condition     = var.verify == "built-in" || length(var.signing_keys) > 0
    error_message = "model_store.verify = \"kms\" needs signing_keys: without them nothing is signed. Set signing_keys, or leave verify out."
  }
}
