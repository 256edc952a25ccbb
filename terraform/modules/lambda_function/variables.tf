variable "architecture" {
  description = "Instruction set of the function and its package: arm64 (cheaper on AWS) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"; it is \"${var.architecture}\"."
  }
}

variable "description" {
  description = "Description of the function in Lambda."
  type        = string
}

variable "environment" {
  description = "Environment variables, in addition to LOG_LEVEL."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "ephemeral_storage_mb" {
  description = "Size of /tmp."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_mb >= 512 && var.ephemeral_storage_mb <= 10240
    error_message = "${var.function}.ephemeral_storage_mb must be between 512 and 10240 (a limit of Lambda); it is ${var.ephemeral_storage_mb}."
  }
}

variable "existing_log_group" {
  description = "A log group that exists, in place of /aws/lambda/<function>; null: that one is made. Its key and retention are its owner's."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.existing_log_group == null || can(regex("^arn:[a-z-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[^:*]+$", try(var.existing_log_group.arn, "")))
    error_message = "${var.function}.existing_log_group.arn must be the ARN of a log group, without \":*\"; it is \"${try(var.existing_log_group.arn, "")}\"."
  }
}

variable "extra_environment" {
  description = "Environment variables of the caller's own, such as AWS_USE_FIPS_ENDPOINT. They cannot replace the stack's."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.extra_environment), keys(var.environment))) == 0
    error_message = "${var.function}.environment must not have variables that the stack sets: ${join(", ", setintersection(keys(var.extra_environment), keys(var.environment)))}."
  }
}

variable "function" {
  description = "Name of the function in the stack, and of its entry-point package unless handler names another."
  type        = string
}

variable "handler" {
  description = "What Lambda calls; null: <function>.handler.handle."
  type        = string
  default     = null
}

variable "key_arn" {
  description = "Key that encrypts the logs."
  type        = string
}

variable "layers" {
  description = "ARNs of layers, each with its version."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "${var.function}.log_level must be DEBUG, INFO, WARNING or ERROR; it is \"${var.log_level}\"."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "${var.function}.log_retention_days must be a retention that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653; it is ${var.log_retention_days}."
  }
}

# 1769 MB come with one full vCPU (AWS Lambda developer guide, "Configure Lambda function memory").
variable "memory_mb" {
  description = "Memory, and with it CPU: 1769 MB is one vCPU."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "${var.function}.memory_mb must be between 128 and 10240 (a limit of Lambda); it is ${var.memory_mb}."
  }
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "package" {
  description = "The function's zip: a path, or s3://bucket/key?versionId=V in the stack's region."
  type        = string

  validation {
    condition     = startswith(var.package, "s3://") ? can(regex("^s3://[^/]+/[^?]+([?]versionId=.+)?$", var.package)) : fileexists(var.package)
    error_message = startswith(var.package, "s3://") ? "The ${var.function} package must be s3://bucket/key or s3://bucket/key?versionId=V; it is ${var.package}." : "There is no ${var.function} package at ${var.package}. Build it with `make package`."
  }
}

variable "place" {
  description = "Who signs its code, where the function runs and what limits its role: permissions boundary, path of the role, and VPC."
  type = object({
    code_signing = optional(object({
      enforce              = optional(bool, true)
      profile_version_arns = list(string)
    }))
    permissions_boundary = optional(string)
    role_path            = optional(string, "/")
    vpc = optional(object({
      dual_stack         = optional(bool, false)
      security_group_ids = list(string)
      subnet_ids         = list(string)
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.place.role_path))
    error_message = "functions.role_path must begin and end with \"/\"; it is \"${var.place.role_path}\"."
  }

  validation {
    condition     = var.place.code_signing == null || alltrue([for arn in try(var.place.code_signing.profile_version_arns, []) : can(regex("^arn:[^:]+:signer:[^:]+:[0-9]{12}:/signing-profiles/[^/]+/[^/]+$", arn))]) && length(try(var.place.code_signing.profile_version_arns, [])) > 0
    error_message = "functions.code_signing.profile_version_arns must be ARNs of versions of signing profiles, arn:aws:signer:region:account:/signing-profiles/name/version, at least one; it is ${jsonencode(try(var.place.code_signing.profile_version_arns, []))}."
  }

  validation {
    condition     = var.place.vpc == null || (length(try(var.place.vpc.subnet_ids, [])) > 0 && length(try(var.place.vpc.security_group_ids, [])) > 0)
    error_message = "functions.vpc must have at least one subnet and one security group; use two subnets in two availability zones."
  }
}

variable "policy_arns" {
  description = "Policies that the role gets in addition, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "provisioned_concurrency" {
  description = "Executions that are kept initialised; 0: none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.provisioned_concurrency >= 0 && floor(var.provisioned_concurrency) == var.provisioned_concurrency && (var.reserved_concurrency < 1 || var.provisioned_concurrency <= var.reserved_concurrency)
    error_message = "${var.function}.provisioned_concurrency must be a whole number from 0, and no more than the reserved concurrency (${var.reserved_concurrency}); it is ${var.provisioned_concurrency}."
  }
}

variable "region" {
  description = "Region of the stack, which makes the name of the role unique: names of roles are global."
  type        = string
}

variable "reserved_concurrency" {
  description = "Maximum number of concurrent executions, reserved for the function; -1 shares the account's concurrency."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "${var.function}.reserved_concurrency must be 1 or more, or -1 to share the account's concurrency; it is ${var.reserved_concurrency} (0 would stop the function)."
  }
}

variable "snap_start" {
  description = "Whether Lambda starts new containers from a snapshot of an initialised one."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.snap_start || (var.provisioned_concurrency == 0 && var.ephemeral_storage_mb == 512)
    error_message = "${var.function}.snap_start cannot be combined with provisioned_concurrency, or with ephemeral_storage_mb other than 512 (limits of Lambda)."
  }
}

variable "timeout_seconds" {
  description = "Timeout of one invocation."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "${var.function}.timeout_seconds must be between 1 and 900 (a limit of Lambda); it is ${var.timeout_seconds}."
  }
}

variable "tracing" {
  description = "X-Ray: \"PassThrough\" follows the caller's sampling decision, \"Active\" samples by itself."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "${var.function}.tracing must be \"Active\" or \"PassThrough\"; it is \"${var.tracing}\"."
  }
}
