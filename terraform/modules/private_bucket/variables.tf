variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "existing" {
  description = "ARN of a bucket that exists, in place of one that is made; null: one is made. Its encryption, versions, access and expiry are its owner's."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", try(var.existing.arn, "")))
    error_message = "The ARN of an existing bucket must be arn:aws:s3:::name; it is \"${try(var.existing.arn, "")}\"."
  }

  validation {
    condition     = var.existing == null || (var.object_lock == null && !var.force_destroy)
    error_message = "object_lock and force_destroy are for a bucket that the stack makes; leave them out for the existing ${try(var.existing.arn, "")}."
  }
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

  # The bucket has versions: what expires is only hidden, until its version is deleted.
  validation {
    condition     = alltrue([for prefix in keys(var.expire_days) : anytrue([for above in keys(var.noncurrent_days) : startswith(prefix, above)])])
    error_message = "expire_days needs noncurrent_days for its prefixes, or expired objects are kept as versions for ever; noncurrent_days has ${jsonencode(keys(var.noncurrent_days))}, expire_days ${jsonencode(keys(var.expire_days))}."
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
  description = "Days for which overwritten and deleted versions are kept, by key prefix (\"\" is every key). Below other prefixes they never expire."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for days in values(var.noncurrent_days) : days >= 1])
    error_message = "noncurrent_days must map prefixes to 1 day or more; it is ${jsonencode(var.noncurrent_days)}."
  }
}

variable "object_lock" {
  description = "Days for which versions cannot be deleted: in GOVERNANCE mode only with the permission to bypass it, in COMPLIANCE mode not at all; null: no lock."
  type = object({
    days = number
    mode = string
  })
  default = null

  validation {
    condition     = var.object_lock == null ? true : contains(["COMPLIANCE", "GOVERNANCE"], var.object_lock.mode) && var.object_lock.days >= 1 && var.object_lock.days <= 36500
    error_message = "object_lock must have the mode GOVERNANCE or COMPLIANCE and 1 to 36500 days (a limit of S3); it is ${jsonencode(var.object_lock)}."
  }

  validation {
    condition     = var.object_lock == null || !var.force_destroy
    error_message = "object_lock and force_destroy contradict each other: locked versions cannot be deleted. Leave one of them out."
  }
}
