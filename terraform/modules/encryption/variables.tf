variable "account" {
  description = "Account, partition and region of the stack; the DNS suffix of its service principals, and those that services may have in kms:ViaService."
  type = object({
    dns_suffix   = string
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

variable "deletion_window_days" {
  description = "Days for which a destroyed key can be restored."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "encryption.deletion_window_days must be between 7 and 30 (a limit of KMS); it is ${var.deletion_window_days}."
  }
}

variable "existing" {
  description = "A key that exists; its policy needs the statements of the output encryption.key_policy. null: the stack makes one."
  type = object({
    key_arn = string
  })
  default = null

  validation {
    condition     = var.existing == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", try(var.existing.key_arn, "")))
    error_message = "encryption.existing.key_arn must be the ARN of a KMS key, not of an alias; it is \"${try(var.existing.key_arn, "")}\"."
  }
}

variable "functions" {
  description = "Functions of the stack, whose log groups the key encrypts."
  type        = list(string)
  default     = ["scorer"]
  nullable    = false
}

variable "log_groups" {
  description = "Further log groups of the stack that the key encrypts."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "role_name" {
  description = "Role of the scorer, which may use the key."
  type        = string
}

variable "topic_arn" {
  description = "Topic that events arrive on, where it is not the stack's own."
  type        = string
  default     = null
}
