resource "aws_iam_role_policy" "collect" {
  name = "streams"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      Resource = values(local.streams)
    }]
  })
}

# Lambda writes on-failure objects with the function's role. The condition keeps them out of a bucket of the same name in
# another account. The evaluation needs ListBucket too, which also turns the response for a missing key from 403 into 404.
resource "aws_iam_role_policy" "store" {
  name = "evaluation-store"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${module.bucket.arn}/evaluation/*"
      },
      {
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = [for prefix in [local.on_failure_prefix, local.quarantine_prefix] : "${module.bucket.arn}/${prefix}*"]
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account.id } }
      },
      {
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = module.bucket.arn
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account.id } }
      },
    ]
  })
}

# Without ListBucket, S3 would answer a missing manifest with 403, and the evaluation would fail.
resource "aws_iam_role_policy" "manifests" {
  name = "manifests"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${var.model_store.arn}/models/${var.model_name}/*/manifest.json"
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
      Resource = distinct(concat([var.key_arn], var.stream_key_arns, try(var.existing_bucket.key_arn[*], [])))
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for pair in setproduct(["kinesis", "s3"], var.account.kms_suffixes) : "${pair[0]}.${var.account.region}.${pair[1]}"]
        }
      }
    }]
  })
}

# A promotion is refused where the evaluation says that the version is worse, so who promotes must be able to read it.
resource "aws_iam_role_policy" "publisher" {
  for_each = toset(var.publisher_role_name[*])

  name = "evaluation"
  role = each.value

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${module.bucket.arn}/${local.hours_prefix}*"
      },
      {
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = module.bucket.arn
        Condition = { StringLike = { "s3:prefix" = "${local.hours_prefix}*" } }
      },
      ], [for statement in local.existing_key : merge(statement, { Action = ["kms:Decrypt"] })],
    )
  })
}
