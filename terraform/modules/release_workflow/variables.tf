variable "account" {
  description = "Account, partition, region and suffixes of the stack."
  type = object({
    dns_suffix   = string
    id           = string
    kms_suffixes = list(string)
    partition    = string
    region       = string
  })
}

variable "approval" {
  description = "Whether every promotion waits for `millrace release approve`, and for how long; one that is not given by then rolls back."
  type = object({
    required        = optional(bool, false)
    timeout_seconds = optional(number, 259200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.approval.timeout_seconds >= 60 && var.approval.timeout_seconds <= 7776000
    error_message = "release_workflow.approval.timeout_seconds must be from 60 to 7776000 (90 days); it is ${var.approval.timeout_seconds}."
  }
}

variable "architecture" {
  description = "Instruction set of the functions and their packages."
  type        = string
  default     = null
}

variable "batch" {
  description = "The stack's batches, which score past events by champion and candidate; null: it has none."
  type        = object({ bucket = string, state_machine_arn = string })
  default     = null
}

variable "evaluation" {
  description = "The evaluator's bucket, which has the evidence."
  type        = object({ bucket = string })
}

variable "evidence_seconds" {
  description = "Time that each stage has for its verdict; without one by then, the workflow rolls back."
  type        = number
  default     = 604800
  nullable    = false

  validation {
    condition     = var.evidence_seconds >= 1 && var.evidence_seconds <= 7776000 && floor(var.evidence_seconds) == var.evidence_seconds
    error_message = "release_workflow.evidence_seconds must be a whole number from 1 to 7776000 (90 days); it is ${var.evidence_seconds}."
  }
}

variable "key_arn" {
  description = "Key that encrypts the model store, the topic and the logs."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "memory_mb" {
  description = "Memory of the function that verifies: as the scorer's, because the version has to load there."
  type        = number
  default     = 1769
  nullable    = false
}

variable "model_keys" {
  description = "MODEL_PUBLIC_KEYS or MODEL_KMS_KEYS, as the scorer has them; empty where signing is off."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "model_name" {
  description = "Name of the model that is released."
  type        = string
}

variable "model_store" {
  description = "The bucket with models."
  type        = object({ arn = string, bucket = string })
}

variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "package" {
  description = "Path of the release function's zip, or s3://bucket/key."
  type        = string
}

variable "place" {
  description = "Permissions boundary, path of the roles, and VPC, as in lambda_function."
  type        = any
  default     = null
}

variable "poll_seconds" {
  description = "Seconds between two looks at the evidence."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.poll_seconds >= 1 && var.poll_seconds <= 86400 && floor(var.poll_seconds) == var.poll_seconds
    error_message = "release_workflow.poll_seconds must be a whole number from 1 to 86400; it is ${var.poll_seconds}."
  }

  # A history has up to 25,000 events; a look takes 9.
  validation {
    condition     = length(var.stages) * var.evidence_seconds / var.poll_seconds <= 2500
    error_message = "release_workflow.poll_seconds must leave at most 2500 looks within evidence_seconds over all stages (a history of Step Functions has up to 25,000 events); ${var.poll_seconds} s makes ${floor(length(var.stages) * var.evidence_seconds / var.poll_seconds)}. Raise it."
  }
}

variable "publisher_role_name" {
  description = "Role that publishes models, which may start and end workflows; null: none."
  type        = string
  default     = null
}

variable "retries" {
  description = "Attempts to repeat a step that failed for what may pass, with backoff from 2 s up to a minute."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.retries >= 0 && var.retries <= 20 && floor(var.retries) == var.retries
    error_message = "release_workflow.retries must be a whole number from 0 to 20; it is ${var.retries}."
  }
}

variable "scorer_package" {
  description = "Path of the scorer's zip, or s3://bucket/key: it has what verifies a version."
  type        = string
}

variable "stages" {
  description = "Shares of the keys that the challenger serves, stage by stage, before it is promoted."
  type        = list(number)
  default     = [0.05, 0.25]
  nullable    = false

  validation {
    condition     = length(var.stages) >= 1 && length(var.stages) <= 10 && alltrue([for place, share in var.stages : share > (place == 0 ? 0 : var.stages[place - 1]) && share < 1])
    error_message = "release_workflow.stages must be 1 to 10 growing shares between 0 and 1, such as [0.05, 0.25]; they are ${jsonencode(var.stages)}."
  }
}

variable "store_key_arns" {
  description = "Further keys: of a model store or a topic that the stack did not make."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "topic_arn" {
  description = "The topic that alarms go to: approvals that are awaited, and releases that ended without a promotion, go there too."
  type        = string
}

variable "training" {
  description = "What trains a version: a function (function.arn), a Fargate task or a SageMaker training job; it stores the version in the model store. null: versions are published before a workflow starts."
  type = object({
    ecs = optional(object({
      cluster_arn         = string
      container           = string
      role_arns           = list(string)
      security_group_ids  = list(string)
      subnet_ids          = list(string)
      task_definition_arn = string
    }))
    function = optional(object({ arn = string }))
    sagemaker = optional(object({
      image         = string
      instance_type = string
      output_path   = string
      role_arn      = string
      volume_gb     = optional(number, 30)
    }))
    timeout_seconds = optional(number, 3600)
  })
  default = null

  validation {
    condition     = var.training == null ? true : length([for task in [var.training.ecs, var.training.function, var.training.sagemaker] : task if task != null]) == 1
    error_message = "release_workflow.training must have exactly one of ecs, function and sagemaker."
  }

  validation {
    condition     = try(var.training.function, null) == null ? true : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[^*]+$", var.training.function.arn))
    error_message = "release_workflow.training.function.arn must be the ARN of a Lambda function, with its alias if it has one; it is ${try(var.training.function.arn, "")}."
  }

  validation {
    condition     = try(var.training.timeout_seconds, 60) >= 1 && try(var.training.timeout_seconds, 60) <= 2592000
    error_message = "release_workflow.training.timeout_seconds must be from 1 to 2592000 (30 days); it is ${try(var.training.timeout_seconds, 0)}."
  }
}

variable "verify_timeout_seconds" {
  description = "Timeout of verifying a version."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.verify_timeout_seconds >= 10 && var.verify_timeout_seconds <= 900
    error_message = "release_workflow.verify_timeout_seconds must be from 10 to 900 (a limit of Lambda); it is ${var.verify_timeout_seconds}."
  }
}

variable "verifying_key_arns" {
  description = "KMS keys that verify signatures of models; empty where public keys do, or signing is off."
  type        = list(string)
  default     = []
  nullable    = false
}
