output "endpoint_arn" {
  description = "ARN of the endpoint, for sagemaker:InvokeEndpoint."
  value       = aws_sagemaker_endpoint.this.arn
}

output "endpoint_name" {
  description = "Name of the endpoint."
  value       = aws_sagemaker_endpoint.this.name
}

output "role_name" {
  description = "Name of the containers' role, for permissions of your own."
  value       = aws_iam_role.this.name
}
