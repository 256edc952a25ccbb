variable "input_bucket_arn" {
  description = "ARN of the bucket whose files are scored."
  type        = string
  default     = "arn:aws:s3:::events"
}

variable "packages" {
  description = "Paths of the functions' zips, which `make package BATCH=1` builds."
  type        = object({ batch = string, scorer = string })
  default = {
    batch  = "../../../build/batch-arm64.zip"
    scorer = "../../../build/scorer-arm64.zip"
  }
}
