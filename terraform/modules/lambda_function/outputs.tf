output "alias" {
  description = "The alias that callers invoke."
  value = {
    arn           = aws_lambda_alias.live.arn
    function_name = aws_lambda_function.this.function_name
    invoke_arn    = aws_lambda_alias.live.invoke_arn
    name          = aws_lambda_alias.live.name
  }
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = local.log_group.name
}

output "memory_mb" {
  description = "Memory of the function."
  value       = aws_lambda_function.this.memory_size
}

output "role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn
}

# Waits for the role only: other modules attach their policies before the function exists.
output "role_name" {
  description = "Name of the role that other modules attach their policies to."
  value       = aws_iam_role.this.name
}

output "version" {
  description = "The published version that the alias points to."
  value       = aws_lambda_function.this.version
}
