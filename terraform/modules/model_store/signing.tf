# Publishers sign with KMS. The scorer verifies with the public keys in its environment, or by KMS where `verify` is so. To rotate, put
# a new name first: manifests that the former key signed are trusted until its name is removed.
resource "aws_kms_key" "signing" {
  for_each = toset(var.signing_keys)

  description              = "Signs the models of ${var.name} (${each.key})"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  policy                   = local.signing_policy
}

resource "aws_kms_alias" "signing" {
  count = length(var.signing_keys) > 0 ? 1 : 0

  name          = "alias/${var.name}-signing"
  target_key_id = aws_kms_key.signing[var.signing_keys[0]].key_id
}

data "aws_kms_public_key" "signing" {
  for_each = aws_kms_key.signing

  key_id = each.value.arn
}

# In a key policy, Resource "*" means this key alone. The account administers it with IAM; with publishers, the permission to
# sign can be given neither with IAM nor with grants, only here.
locals {
  digests = {
    StringEquals = {
      "kms:MessageType"      = "DIGEST"
      "kms:SigningAlgorithm" = "ECDSA_SHA_256"
    }
  }

  account_arn = "arn:${var.account.partition}:iam::${var.account.id}:root"

  signing_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = local.account_arn }
        Action = [
          "kms:CancelKeyDeletion",
          "kms:CreateAlias",
          "kms:DeleteAlias",
          "kms:DescribeKey",
          "kms:DisableKey",
          "kms:EnableKey",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:GetPublicKey",
          "kms:ListGrants",
          "kms:ListKeyPolicies",
          "kms:ListResourceTags",
          "kms:PutKeyPolicy",
          "kms:RevokeGrant",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:UpdateAlias",
          "kms:UpdateKeyDescription",
        ]
        Resource = "*"
      },
      {
        Sid       = "Sign"
        Effect    = "Allow"
        Principal = { AWS = length(var.publishers) > 0 ? aws_iam_role.publisher[0].arn : local.account_arn }
        Action    = "kms:Sign"
        Resource  = "*"
        Condition = local.digests
      },
      ], var.verify == "kms" ? [{
        Sid       = "Verify"
        Effect    = "Allow"
        Principal = { AWS = local.account_arn }
        Action    = "kms:Verify"
        Resource  = "*"
        Condition = local.digests
    }] : [])
  })
}

resource "aws_iam_role_policy" "verify" {
  count = var.verify == "kms" ? 1 : 0

  name = "verify"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "kms:Verify"
      Resource = [for key in var.signing_keys : aws_kms_key.signing[key].arn]
    }]
  })
}
