variable "alarm_topic_arns" {
  description = "Topics that alarms notify."
  type        = list(string)
  default     = []
}

variable "alarms" {
  description = "Thresholds of the alarms."
  type = object({
    errors = optional(number, 5)
    # Serverless variants have cold starts of seconds: raise it for them, or provision concurrency.
    latency_seconds = optional(number, 0.5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.errors >= 0 && floor(var.alarms.errors) == var.alarms.errors
    error_message = "alarms.errors is a count: a whole number from 0; it is ${var.alarms.errors}."
  }

  validation {
    condition     = var.alarms.latency_seconds > 0
    error_message = "alarms.latency_seconds must be more than 0; it is ${var.alarms.latency_seconds}."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the instances' volumes."
  type        = string
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = "INFO"
}

variable "model_store" {
  description = "Where the model is: the bucket of modules/model_store, the model's name, the ARN of the bucket's key, and the public keys by any of which it must be signed (model_store.public_keys of modules/millrace); without any, signatures are ignored."
  type = object({
    bucket      = string
    key_arn     = string
    name        = string
    public_keys = optional(list(string), [])
  })
}

variable "name" {
  description = "Name of the endpoint."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z]([0-9A-Za-z-]{0,30}[0-9A-Za-z])?$", var.name))
    error_message = "name must be 1 to 32 letters, digits and hyphens, with a letter or digit at both ends; it is ${var.name}."
  }
}

variable "region" {
  description = "Region of the endpoint."
  type        = string
}

variable "release_poll_seconds" {
  description = "Seconds between two polls of the release."
  type        = number
  default     = 30
}

variable "repository_arn" {
  description = "ARN of the ECR repository of the images."
  type        = string
}

variable "variants" {
  description = "One or two production variants by name. Each has `serverless` or `instances`; serverless images must be x86_64."
  type = map(object({
    image       = string
    environment = optional(map(string), {})
    weight      = optional(number, 1)
    serverless = optional(object({
      max_concurrency         = optional(number, 20)
      memory_mb               = optional(number, 2048)
      provisioned_concurrency = optional(number)
    }))
    instances = optional(object({
      # Graviton needs an arm64 image.
      type                = optional(string, "ml.c7g.large")
      least               = optional(number, 2)
      most                = optional(number, 4)
      requests_per_minute = optional(number, 30000)
    }))
  }))

  validation {
    condition     = contains([1, 2], length(var.variants))
    error_message = "variants must be one or two; there are ${length(var.variants)}."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : (variant.serverless == null) != (variant.instances == null)])
    error_message = "Each variant must have serverless or instances, and not both."
  }

  validation {
    condition     = length(distinct([for variant in values(var.variants) : variant.serverless == null])) <= 1
    error_message = "Both variants must be serverless, or both on instances: SageMaker mixes no two kinds."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : can(regex("@sha256:[0-9a-f]{64}$", variant.image))])
    error_message = "Each variant's image must be named by its digest: repository@sha256:..."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : variant.weight >= 0]) && anytrue([for variant in values(var.variants) : variant.weight > 0])
    error_message = "Weights must be 0 or more, and one of them more than 0."
  }
}

variable "vpc" {
  description = "Subnets and security groups of the containers; null: SageMaker's own network."
  type = object({
    security_group_ids = list(string)
    subnet_ids         = list(string)
  })
  default = null
}
