variable "permissions_boundary" {
  description = "ARN of the policy that limits the stack's roles."
  type        = string
}

variable "route_table_ids" {
  description = "Route tables of the subnets, for the gateway endpoint of S3."
  type        = list(string)
}

variable "scorer_package" {
  description = "Path of the scorer's zip, which `make package` builds."
  type        = string
  default     = "../../../build/scorer-arm64.zip"
}

variable "subnet_ids" {
  description = "Private subnets, best two in two availability zones."
  type        = list(string)
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}
