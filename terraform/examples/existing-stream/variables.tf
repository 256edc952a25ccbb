variable "scorer_package" {
  description = "Path of the scorer's zip, which `make package` builds."
  type        = string
  default     = "../../../build/scorer-arm64.zip"
}
