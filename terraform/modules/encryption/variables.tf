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

variable "functions" {
  description = "Functions of the stack, whose log groups the key encrypts."
  type        = list(string)
  default     = ["scorer"]
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
