locals {
  input_arns = concat(var.input_bucket_arns, var.event_bucket_arns)
}

# The function reads what it scores, and reads and writes its own bucket. ListBucket also turns the response for a missing key
# from 403 into 404.
resource "aws_iam_role_policy" "batch" {
  name = "batch"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = ["${module.bucket.arn}/${local.runs}*", "${module.bucket.arn}/${local.workflows}*"]
        },
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = "${module.bucket.arn}/${local.uploads}*"
        },
        {
          Effect   = "Allow"
          Action   = ["s3:ListBucket", "s3:ListBucketVersions"]
          Resource = module.bucket.arn
        },
      ],
      [for statement in [
        { Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = [for arn in local.input_arns : "${arn}/*"] },
        { Effect = "Allow", Action = ["s3:ListBucket", "s3:ListBucketVersions"], Resource = local.input_arns },
      ] : statement if length(local.input_arns) > 0],
    )
  })
}

# As the scorer's: a release names each file by its VersionId.
resource "aws_iam_role_policy" "models" {
  name = "model-store"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "${var.model_store.arn}/models/${var.model_name}/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.model_store.arn
      },
    ]
  })
}

resource "aws_iam_role_policy" "use" {
  name = "encryption"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = distinct(concat([var.key_arn], var.input_key_arns))
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"]
        }
      }
    }]
  })
}

# Where KMS verifies signatures, in place of public keys in the environment.
resource "aws_iam_role_policy" "verify" {
  count = length(var.verifying_key_arns) == 0 ? 0 : 1

  name = "signatures"
  role = module.function.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:Verify", Resource = var.verifying_key_arns }]
  })
}
