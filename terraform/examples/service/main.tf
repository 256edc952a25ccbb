# The HTTP server behind a load balancer, for a model that a stack of modules/millrace has published.

module "service" {
  source = "../../modules/service"

  access_logs              = { bucket = var.access_logs_bucket }
  alarm_topic_arns         = var.alarm_topic_arns
  api_key_hashes           = var.api_key_hashes
  architecture             = var.architecture
  certificate_arn          = var.certificate_arn
  client_cidrs             = var.client_cidrs
  deletion_protection      = var.deletion_protection
  environment              = var.environment
  image                    = "${aws_ecr_repository.this.repository_url}@${local.digest}"
  key_arn                  = var.key_arn
  load_balancer_subnet_ids = var.subnet_ids
  model_store              = { bucket = var.model_bucket, key_arn = var.key_arn, name = var.model_name, public_keys = var.model_public_keys }
  name                     = "scorer-web"
  region                   = data.aws_region.current.id
  repository_arn           = aws_ecr_repository.this.arn
  scaling                  = var.scaling
  task_subnet_ids          = var.subnet_ids
  vpc_id                   = var.vpc_id
}

data "aws_region" "current" {}

# A tag is looked up by each plan: what is deployed is a digest, and the plan shows that it changes.
data "aws_ecr_image" "tagged" {
  count = var.image_tag == null ? 0 : 1

  image_tag       = var.image_tag
  repository_name = local.repository # by its name, so that a plan looks it up whatever else it changes
}

locals {
  repository = "scorer-web"

  digest = var.image_tag == null ? var.image_digest : data.aws_ecr_image.tagged[0].image_digest
}

resource "aws_ecr_repository" "this" {
  name                 = local.repository
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

output "dns_name" {
  description = "Name of the load balancer."
  value       = module.service.dns_name
}
