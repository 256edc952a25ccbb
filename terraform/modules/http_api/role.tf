resource "aws_iam_role_policy" "capture" {
  count = local.captures ? 1 : 0

  name   = "capture"
  role   = module.function.role_name
  policy = jsonencode({ Version = "2012-10-17", Statement = var.capture_statements })
}

# As the scorer reads the model store, and nothing else: there is no sink and no quarantine. ListBucket turns the response for
# a missing key from 403 into 404.
resource "aws_iam_role_policy" "read" {
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
      Effect    = "Allow"
      Action    = local.captures ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      Resource  = distinct(compact([var.key_arn, var.model_store.key_arn]))
      Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] } }
    }]
  })
}

resource "aws_iam_role_policy" "verify" {
  count = length(var.verifying_key_arns) > 0 ? 1 : 0

  name = "verify"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "kms:Verify"
      Resource = var.verifying_key_arns
    }]
  })
}
