# A SageMaker endpoint with two versions of the image, one of which gets a tenth of the requests.

module "endpoint" {
  source = "../../modules/sagemaker_endpoint"

  alarm_topic_arns = var.alarm_topic_arns
  key_arn          = var.key_arn
  model_store      = { bucket = var.model_bucket, key_arn = var.key_arn, name = var.model_name, public_keys = var.model_public_keys }
  name             = "scorer"
  region           = data.aws_region.current.id
  repository_arn   = var.repository_arn

  variants = {
    main = { image = var.image, instances = {}, weight = 9 }
    next = { image = var.next_image, instances = { least = 1 }, weight = 1 }
  }
}

data "aws_region" "current" {}

output "endpoint_name" {
  description = "Name of the endpoint, for sagemaker-runtime's InvokeEndpoint."
  value       = module.endpoint.endpoint_name
}
