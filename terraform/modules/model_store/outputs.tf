output "arn" {
  description = "ARN of the bucket."
  value       = module.bucket.arn
}

output "bucket" {
  description = "Name of the bucket. Known once the scorer may read its model."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.read]
}

output "public_keys" {
  description = "Public keys, base64 DER; every manifest must be signed by one of them. Empty where signing is off."
  value       = [for key in var.signing_keys : data.aws_kms_public_key.signing[key].public_key]
}

output "publisher_role_arn" {
  description = "ARN of the role that publishes models; null without publishers."
  value       = one(aws_iam_role.publisher[*].arn)
}

output "publisher_role_name" {
  description = "Name of that role, for the policies of other modules; null without publishers."
  value       = one(aws_iam_role.publisher[*].name)
}

output "signing_key_arn" {
  description = "ARN of the key that signs; null where signing is off."
  value       = one([for key in slice(var.signing_keys, 0, min(1, length(var.signing_keys))) : aws_kms_key.signing[key].arn])
}

output "verifying_key_arns" {
  description = "ARNs of the keys by any of which KMS verifies; empty where the scorer verifies by itself, or signing is off."
  value       = var.verify == "kms" ? [for key in var.signing_keys : aws_kms_key.signing[key].arn] : []
  depends_on  = [aws_iam_role_policy.verify]
}
