output "key_arn" {
  description = "ARN of the key. Known once the scorer may use it."
  value       = local.key_arn
  depends_on  = [aws_iam_role_policy.use]
}

output "key_policy" {
  description = "The key's policy, JSON. The policy of an existing key needs its statements for SNS, CloudWatch and CloudWatch Logs."
  value       = local.key_policy
}
