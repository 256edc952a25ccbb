output "bucket" {
  description = "Name of the bucket."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.capture]
}

output "environment" {
  description = "What a function that captures needs to know."
  value = {
    CAPTURE_BUCKET  = module.bucket.bucket
    CAPTURE_SECONDS = tostring(var.write_seconds)
    CAPTURE_SHARE   = tostring(var.share)
  }
  depends_on = [aws_iam_role_policy.capture]
}

output "keep_days" {
  description = "Days for which captured rows are kept."
  value       = var.keep_days
}

output "prefix" {
  description = "Prefix of the captured rows."
  value       = local.prefix
}

output "statements" {
  description = "What the role of a further function that captures must be allowed, as statements of a policy; the scorer is."
  value       = local.statements
}
