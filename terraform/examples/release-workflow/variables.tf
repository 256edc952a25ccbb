variable "evaluator_package" {
  description = "The evaluator's zip: s3://bucket/key?versionId=V, or a path."
  type        = string
}

variable "release_package" {
  description = "The release function's zip, likewise."
  type        = string
}

variable "scorer_package" {
  description = "The scorer's zip, likewise."
  type        = string
}

variable "trainer_arn" {
  description = "ARN of the function that trains a version and stores it in the model store."
  type        = string
}
