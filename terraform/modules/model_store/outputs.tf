output "arn" {
  description = "The bucket's ARN."
  value       = module.bucket.arn
}

output "bucket" {
  description = "The bucket's name. Known once the scorer may read its model."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.read]
}

output "public_keys" {
  description = "Public keys by one of which every manifest must be signed, in base64 DER; none where signing is off."
  value       = [for key in var.signing_keys : data.aws_kms_public_key.signing[key].public_key]
}

output "publisher_role_arn" {
  description = "The role that publishes models; null where nobody may take it on."
  value       = one(aws_iam_role.publisher[*].arn)
}

output "signing_key_arn" {
  description = "The key that signs; null where signing is off."
  value       = one([for key in slice(var.signing_keys, 0, min(1, length(var.signing_keys))) : aws_kms_key.signing[key].arn])
}
