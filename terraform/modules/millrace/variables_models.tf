# Of models and their releases: models.tf.

variable "images" {
  description = "Whether the scorer's package contains Pillow, for ONNX models whose input is an image. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.images || var.onnx
    error_message = "images = true needs onnx = true: models of images are ONNX models; set both."
  }
}

variable "model" {
  description = "The model that the scorer serves, by its name in the model store (models/<name>/)."
  type = object({
    name = optional(string, "purchase-intent")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", var.model.name)) && var.model.name != "none"
    error_message = "model.name must be 1 to 100 letters, digits, \".\", \"_\" and \"-\", a letter or digit first, and not \"none\"; it is \"${var.model.name}\"."
  }
}

variable "model_store" {
  description = "Bucket with model artifacts and releases, the stack's own or an existing one, who may publish, and the signing keys."
  type = object({
    existing = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    object_lock = optional(object({
      days = number
      mode = string
    }))
    publishers   = optional(list(string))
    release_days = optional(number)
    signing_keys = optional(list(string))
    verify       = optional(string)
  })
  default  = {}
  nullable = false
}

variable "onnx" {
  description = "Whether the scorer's package contains ONNX Runtime, for models of the framework onnx. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = false
  nullable    = false
}

variable "release_workflow" {
  description = "A state machine that brings a version into production in stages, or back; null: none. It needs an evaluator. memory_mb: of the function that verifies, as the scorer's."
  type = object({
    approval = optional(object({
      required        = optional(bool)
      timeout_seconds = optional(number)
    }))
    evidence_seconds   = optional(number)
    log_level          = optional(string)
    log_retention_days = optional(number)
    memory_mb          = optional(number)
    poll_seconds       = optional(number)
    retries            = optional(number)
    stages             = optional(list(number))
    topic_key_arn      = optional(string)
    training = optional(object({
      ecs = optional(object({
        cluster_arn         = string
        container           = string
        role_arns           = list(string)
        security_group_ids  = list(string)
        subnet_ids          = list(string)
        task_definition_arn = string
      }))
      function = optional(object({
        arn = string
      }))
      sagemaker = optional(object({
        image         = string
        instance_type = string
        output_path   = string
        role_arn      = string
        volume_gb     = optional(number)
      }))
      timeout_seconds = optional(number)
    }))
    verify_timeout_seconds = optional(number)
  })
  default = null

  validation {
    condition     = var.release_workflow == null || var.evaluator != null
    error_message = "release_workflow needs an evaluator, whose verdicts it waits for: set evaluator = {}, or leave release_workflow out."
  }
}

variable "trainer" {
  description = "The function that makes versions of the model from tables in S3; null: none. framework: of the models, \"onnx\" (scikit-learn's; needs onnx, to score them) or \"xgboost\" (boosted trees). tables: ARNs of objects in other buckets that it may read, table_key_arns: the keys of these. slow_percent: of the timeout, from which a training is slow."
  type = object({
    framework          = optional(string)
    log_level          = optional(string)
    log_retention_days = optional(number)
    memory_mb          = optional(number)
    slow_percent       = optional(number)
    table_key_arns     = optional(list(string))
    tables             = optional(list(string))
    timeout_seconds    = optional(number)
  })
  default = null

  validation {
    condition     = var.trainer == null || var.onnx || try(coalesce(var.trainer.framework, "onnx"), "") == "xgboost"
    error_message = "trainer needs onnx = true, because it makes ONNX models, which the scorer must be able to score; or trainer.framework = \"xgboost\", for trees."
  }
}

variable "xgboost" {
  description = "Whether the scorer's package contains libxgboost, for models that the native engine does not cover. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = true
  nullable    = false
}
