output "policy" {
  description = "The policy, JSON, for a role of your own."
  value       = local.policy
}

output "role_arn" {
  description = "ARN of the role, the variable AWS_ROLE_ARN of the repository's environment."
  value       = aws_iam_role.deploy.arn
}
