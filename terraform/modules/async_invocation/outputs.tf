output "alias" {
  description = "The alias. Known once what fails is kept."
  value       = var.alias
  depends_on  = [aws_lambda_function_event_invoke_config.this]
}
