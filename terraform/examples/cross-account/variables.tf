variable "stream_arn" {
  description = "The stream, in another account of the same region."
  type        = string
}

variable "stream_key_arn" {
  description = "The key that encrypts that stream."
  type        = string
}

variable "topic_arn" {
  description = "The topic, in another account."
  type        = string
}

variable "scorer_package" {
  description = "Path of the scorer's zip, which `make package` builds."
  type        = string
  default     = "../../../build/scorer-arm64.zip"
}
