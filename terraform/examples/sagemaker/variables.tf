variable "alarm_topic_arns" {
  description = "Topics that alarms notify."
  type        = list(string)
  default     = []
}

variable "image" {
  description = "The image that serves, by digest."
  type        = string
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

variable "next_image" {
  description = "The image that gets a tenth of the requests, by digest."
  type        = string
}

variable "repository_arn" {
  description = "ARN of the ECR repository of the images."
  type        = string
}
