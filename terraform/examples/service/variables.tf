variable "access_logs_bucket" {
  description = "Bucket for the load balancer's access logs."
  type        = string
}

variable "alarm_topic_arns" {
  description = "Topics that alarms notify."
  type        = list(string)
  default     = []
}

variable "api_key_hashes" {
  description = "SHA-256 of each API key, by the name of its caller."
  type        = map(string)
}

variable "architecture" {
  description = "Instruction set of the image."
  type        = string
  default     = "arm64"
}

variable "certificate_arn" {
  description = "ARN of the certificate of the name that clients use."
  type        = string
}

variable "client_cidrs" {
  description = "Address ranges of the clients."
  type        = list(string)
  default     = ["10.0.0.0/8"]
}

variable "deletion_protection" {
  description = "Whether the load balancer is protected from deletion."
  type        = bool
  default     = true
}

variable "environment" {
  description = "Further environment variables of the server."
  type        = map(string)
  default     = {}
}

variable "image_digest" {
  description = "Digest of the image in the repository: sha256:... Or give its image_tag."
  type        = string
  default     = null

  validation {
    condition     = (var.image_digest == null) != (var.image_tag == null)
    error_message = "Set image_digest or image_tag, the name of one image; not both."
  }
}

variable "image_tag" {
  description = "Tag of the image in the repository."
  type        = string
  default     = null
}

variable "key_arn" {
  description = "ARN of the stack's key: output key_arn of modules/millrace."
  type        = string
}

variable "model_bucket" {
  description = "The stack's model store."
  type        = string
}

variable "model_name" {
  description = "Name of the model that serves."
  type        = string
}

variable "model_public_keys" {
  description = "Public keys that models are signed by: model_store.public_keys of modules/millrace. Without any, signatures are ignored."
  type        = list(string)
  default     = []
}

variable "scaling" {
  description = "Number of tasks, and what a task should have to do: see modules/service."
  type        = any
  default     = {}
}

variable "subnet_ids" {
  description = "Private subnets in two availability zones, with a way to S3, ECR, KMS and CloudWatch Logs."
  type        = list(string)
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}
