resource "aws_iam_role" "evaluator" {
  name        = local.function_name
  description = "What the evaluator may do; it shares nothing with the scorer's role"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "log" {
  name = "logs"
  role = aws_iam_role.evaluator.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.evaluator.arn}:log-stream:*"
    }]
  })
}

resource "aws_iam_role_policy" "collect" {
  name = "streams"
  role = aws_iam_role.evaluator.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      Resource = values(local.streams)
    }]
  })
}

# Lambda writes its on-failure objects with the function's role; the condition keeps them out of a bucket of the same name
# that somebody else might make after ours is gone. ListBucket is for the evaluation too, and turns the answer to a
# missing key from 403 into 404.
resource "aws_iam_role_policy" "store" {
  name = "evaluation-store"
  role = aws_iam_role.evaluator.name

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

# Without ListBucket there, a missing manifest would be answered with 403, and end the evaluation.
resource "aws_iam_role_policy" "manifests" {
  name = "manifests"
  role = aws_iam_role.evaluator.name

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
  role = aws_iam_role.evaluator.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.key_arn
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for service in ["kinesis", "s3"] : "${service}.${var.account.region}.amazonaws.com"]
        }
      }
    }]
  })
}
