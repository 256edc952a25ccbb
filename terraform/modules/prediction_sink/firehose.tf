# A delivery stream that writes JSON lines to a bucket of the stack.
resource "aws_kinesis_firehose_delivery_stream" "predictions" {
  count = local.firehose_made ? 1 : 0

  name        = "${var.name}-${var.content}"
  destination = "extended_s3"

  extended_s3_configuration {
    bucket_arn          = module.delivered[0].arn
    buffering_interval  = var.firehose.buffer_seconds
    buffering_size      = var.firehose.buffer_mib
    compression_format  = var.firehose.compression
    error_output_prefix = "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
    kms_key_arn         = var.key_arn
    prefix              = "${var.content}/!{timestamp:yyyy/MM/dd/HH}/"
    role_arn            = aws_iam_role.firehose[0].arn
  }

  server_side_encryption {
    enabled  = var.firehose.encrypt
    key_arn  = var.firehose.encrypt ? var.key_arn : null
    key_type = var.firehose.encrypt ? "CUSTOMER_MANAGED_CMK" : "AWS_OWNED_CMK"
  }

  depends_on = [aws_iam_role_policy.firehose]
}

module "delivered" {
  source = "../private_bucket"
  count  = local.firehose_made ? 1 : 0

  bucket        = "${var.name}-${var.content}-${var.account.id}-${var.account.region}"
  force_destroy = var.firehose.force_destroy
  key_arn       = var.key_arn

  # Below errors/ are predictions too: those that Firehose could not deliver as they should be.
  expire_days = { for prefix in ["${var.content}/", "errors/"] : prefix => var.firehose.keep_days }

  # Firehose writes each object once.
  noncurrent_days = { "" = 1 }
}

resource "aws_iam_role" "firehose" {
  count = local.firehose_made ? 1 : 0

  name                 = "${var.name}-${var.content}-${var.account.region}" # names of roles are global
  path                 = var.place.role_path
  permissions_boundary = var.place.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account.id } }
    }]
  })
}

resource "aws_iam_role_policy" "firehose" {
  count = local.firehose_made ? 1 : 0

  name = "deliver"
  role = aws_iam_role.firehose[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:PutObject"]
        Resource = [module.delivered[0].arn, "${module.delivered[0].arn}/*"]
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.key_arn
        Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] } }
      },
    ]
  })
}

locals {
  firehose_made = var.type == "firehose" && var.existing == null

  firehose = one([for stream in aws_kinesis_firehose_delivery_stream.predictions : {
    arn    = stream.arn
    name   = stream.name
    target = stream.arn
  }])
}
