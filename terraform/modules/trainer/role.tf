# Reads tables, and writes versions of the model; the release is out of its reach, so that nothing it makes serves by itself.
resource "aws_iam_role_policy" "train" {
  name = "train"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = concat(["${var.model_store.arn}/${local.tables}*"], var.tables)
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = [for file in [local.model_file, "manifest.json"] : "${var.model_store.arn}/models/${var.model_name}/*/${file}"]
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
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = distinct(concat([var.key_arn], var.table_key_arns))
      Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] } }
    }]
  })
}
