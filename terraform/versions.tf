terraform {
  required_version = ">= 1.11"

  # Bucket, key and region come with `init -backend-config`: see README.md.
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}
