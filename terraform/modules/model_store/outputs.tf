output "arn" {
  description = "The bucket's ARN."
  value       = module.bucket.arn
}

output "bucket" {
  description = "The bucket's name. Known once the scorer may read its model."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.read]
}
