terraform {
  required_version = ">= 1.11"

  # `init -backend-config` sets bucket, key and region: see README.md.
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}
