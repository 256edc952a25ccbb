output "alias" {
  description = "The alias that event sources call."
  value = {
    arn           = aws_lambda_alias.live.arn
    function_name = aws_lambda_function.scorer.function_name
    name          = aws_lambda_alias.live.name
  }
}

output "function_name" {
  description = "The function's name."
  value       = aws_lambda_function.scorer.function_name
}

output "log_group" {
  description = "Where the function logs."
  value       = aws_cloudwatch_log_group.scorer.name
}

output "release_poll_seconds" {
  description = "How often at most the scorer looks for a new release."
  value       = var.release_poll_seconds
}

# Waits for the role alone: other modules attach their policies before there is a function.
output "role_name" {
  description = "The role that other modules attach their policies to."
  value       = aws_iam_role.scorer.name
}

output "timeout_seconds" {
  description = "Time for one batch."
  value       = var.timeout_seconds
}

output "version" {
  description = "The published version that the alias points to."
  value       = aws_lambda_function.scorer.version
}
