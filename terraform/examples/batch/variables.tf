variable "input_bucket_arn" {
  description = "ARN of the bucket whose files are scored."
  type        = string
  default     = "arn:aws:s3:::events"
}

variable "scorer_package" {
  description = "Path of the scorer's zip, which `make package` builds."
  type        = string
  default     = "../../../build/scorer-arm64.zip"
}
