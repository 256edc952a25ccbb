variable "account" {
  description = "Account, partition and region of the stacks."
  type = object({
    id        = string
    partition = string
    region    = string
  })
}

variable "environment" {
  description = "Environment of the repository, in GitHub, whose jobs may deploy; it can have reviewers."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "environment must be a name of letters, digits, dots, hyphens and underscores, without wildcards; it is \"${var.environment}\"."
  }
}

variable "name" {
  description = "Name of the stack that may be deployed."
  type        = string
}

variable "permissions_boundary" {
  description = "The permissions boundary of the stack's roles (functions.permissions_boundary), without which none may be made; null: none."
  type        = string
  default     = null
}

variable "plan_only" {
  description = "Whether the role only reads, which a plan needs."
  type        = bool
  default     = false
  nullable    = false
}

variable "provider_arn" {
  description = "ARN of the account's OIDC provider for GitHub; null: made here. An account has one."
  type        = string
  default     = null
}

variable "repository" {
  description = "Repository whose workflows may assume the role: OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be OWNER/NAME, without wildcards; it is \"${var.repository}\"."
  }
}

variable "role_path" {
  description = "Path of the stack's roles: functions.role_path."
  type        = string
  default     = "/"
  nullable    = false
}

variable "state" {
  description = "Bucket and key of Terraform's state, as in the backend's settings."
  type = object({
    bucket = string
    key    = string
  })
}
