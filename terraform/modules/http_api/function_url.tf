# The variant without API Gateway: one address, IAM only, and no throttling but the reserved concurrency.
resource "aws_lambda_function_url" "this" {
  count = local.rest ? 0 : 1

  authorization_type = "AWS_IAM"
  function_name      = module.function.function_name
  qualifier          = module.function.alias.name
}
