# Region, credentials and endpoint come from the environment (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL …).
provider "aws" {
  default_tags {
    tags = merge({ application = "millrace", stack = var.name }, var.tags)
  }
}
