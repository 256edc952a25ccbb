output "key_arn" {
  description = "ARN of the key. Known once the scorer may use it."
  value       = aws_kms_key.millrace.arn
  depends_on  = [aws_iam_role_policy.use]
}
