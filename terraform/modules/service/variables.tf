variable "access_logs" {
  description = "Bucket, with the load balancers' permission to write, and prefix of the access logs."
  type = object({
    bucket = string
    prefix = optional(string)
  })
}

variable "alarm_topic_arns" {
  description = "Topics that alarms notify."
  type        = list(string)
  default     = []
}

variable "alarms" {
  description = "Thresholds of the alarms."
  type = object({
    # One failed request has no pattern; more in a minute have a cause.
    errors = optional(number, 5)
    # A hundred times what a request takes.
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

variable "anonymous" {
  description = "Whether anyone whom the network lets through may ask for predictions. Needed where there are no api_key_hashes."
  type        = bool
  default     = false
}

variable "api_key_hashes" {
  description = "SHA-256 of each API key, in hexadecimal digits, by the name of its caller."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, hash in var.api_key_hashes : can(regex("^[0-9A-Za-z_.-]{1,64}$", name)) && can(regex("^[0-9a-f]{64}$", hash))])
    error_message = "api_key_hashes must have names of letters, digits, '.', '_' and '-', and the 64 hexadecimal digits of a SHA-256: printf %s KEY | sha256sum."
  }

  validation {
    condition     = (length(var.api_key_hashes) > 0) != var.anonymous
    error_message = "Set api_key_hashes, or anonymous = true where the network alone decides who may ask; not both."
  }
}

variable "architecture" {
  description = "Instruction set of the image: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64; it is ${var.architecture}."
  }
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate of the name that clients use."
  type        = string
}

variable "client_cidrs" {
  description = "Address ranges of the clients."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.client_cidrs : can(cidrhost(cidr, 0))])
    error_message = "client_cidrs must be address ranges like 10.0.0.0/16."
  }
}

variable "cpu" {
  description = "CPU units of a task: 1024 is one vCPU, which is what a server uses."
  type        = number
  default     = 1024
}

variable "deletion_protection" {
  description = "Whether the load balancer is protected from deletion."
  type        = bool
  default     = true
}

variable "environment" {
  description = "Further environment variables of the server: docs/container.md."
  type        = map(string)
  default     = {}
}

variable "image" {
  description = "The image, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must be named by its digest, so that every task runs the same: repository@sha256:...; it is ${var.image}."
  }
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
  default     = true
}

variable "key_arn" {
  description = "ARN of the key that encrypts the log."
  type        = string
}

variable "load_balancer_subnet_ids" {
  description = "Subnets of the load balancer, in two availability zones or more."
  type        = list(string)

  validation {
    condition     = length(var.load_balancer_subnet_ids) >= 2
    error_message = "load_balancer_subnet_ids must be two subnets or more, in different availability zones."
  }
}

variable "log_level" {
  description = "Lowest level that is logged."
  type        = string
  default     = "INFO"
}

variable "log_retention_days" {
  description = "Days for which the log is kept."
  type        = number
  default     = 365
}

variable "memory_mb" {
  description = "Memory of a task."
  type        = number
  default     = 2048
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
  description = "Name of the service and what belongs to it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][0-9a-z-]{0,18}[0-9a-z]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, beginning with a letter; it is ${var.name}."
  }
}

variable "public_page" {
  description = "Whether the page and the OpenAPI document are there for everyone whom the network lets through."
  type        = bool
  default     = false
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "release_poll_seconds" {
  description = "Seconds between two polls of the release."
  type        = number
  default     = 30
}

variable "repository_arn" {
  description = "ARN of the ECR repository of the image; null: the image is public."
  type        = string
  default     = null
}

variable "scaling" {
  description = "How many tasks there are, and what a task should have to do."
  type = object({
    cpu_percent = optional(number, 60)
    # Slowly down, because load comes back; quickly up.
    in_cooldown_seconds  = optional(number, 300)
    least                = optional(number, 2)
    most                 = optional(number, 10)
    out_cooldown_seconds = optional(number, 30)
    # 500 a second, a tenth of what one vCPU can do with small models.
    requests_per_minute = optional(number, 30000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.scaling.least >= 1 && var.scaling.most >= var.scaling.least
    error_message = "scaling.least must be 1 or more, and scaling.most no less; they are ${var.scaling.least} and ${var.scaling.most}."
  }

  validation {
    condition     = var.scaling.cpu_percent > 0 && var.scaling.cpu_percent <= 100 && var.scaling.requests_per_minute > 0
    error_message = "scaling.cpu_percent must be from 1 to 100, and scaling.requests_per_minute more than 0."
  }
}

variable "task_subnet_ids" {
  description = "Private subnets of the tasks, with a way to S3, ECR, KMS and CloudWatch Logs."
  type        = list(string)
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "web_acl_arn" {
  description = "ARN of a regional WAF web ACL; null: none."
  type        = string
  default     = null
}
