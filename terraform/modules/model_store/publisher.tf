# Writes artifacts and releases, and deletes nothing. The permission to sign is in the keys' own policy (signing.tf).
resource "aws_iam_role" "publisher" {
  count = length(var.publishers) > 0 ? 1 : 0

  name        = "${var.name}-publisher-${var.account.region}" # names of roles are global
  description = "Publishes and releases versions of the model ${var.model_name}"

  path                 = try(var.place.role_path, null)
  permissions_boundary = try(var.place.permissions_boundary, null)

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.publishers }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "publish" {
  count = length(var.publishers) > 0 ? 1 : 0

  name = "publish"
  role = aws_iam_role.publisher[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
        Resource = "${module.bucket.arn}/${local.models}*"
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketVersions"]
        Resource = module.bucket.arn
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = concat([var.key_arn], local.existing_keys)
        Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] } }
      },
    ]
  })
}
