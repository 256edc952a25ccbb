locals {
  batch_arn = "arn:${var.account.partition}:s3:::${try(var.batch.bucket, "")}"
}

# The function that decides: it reads manifests and hours, and writes the release and the workflow's record, of one model.
# ListBucket turns the response for a missing key from 403 into 404.
resource "aws_iam_role_policy" "release" {
  name = "release"
  role = module.function.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for key in ["release.json", "workflow.json", "*/manifest.json"] : "${var.model_store.arn}/${local.models}/${key}"]
      },
      {
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = [for key in ["release.json", "workflow.json"] : "${var.model_store.arn}/${local.models}/${key}"]
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "arn:${var.account.partition}:s3:::${var.evaluation.bucket}/evaluation/${var.model_name}/hours/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = [var.model_store.arn, "arn:${var.account.partition}:s3:::${var.evaluation.bucket}"]
      },
      {
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = var.topic_arn
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = distinct(concat([var.key_arn], var.store_key_arns))
        Condition = {
          StringEquals = {
            "kms:ViaService" = [for pair in setproduct(["s3", "sns"], var.account.kms_suffixes) : "${pair[0]}.${var.account.region}.${pair[1]}"]
          }
        }
      },
      ], [for statement in [
        { Effect = "Allow", Action = ["s3:GetObject"], Resource = [for prefix in ["runs", "uploads"] : "${local.batch_arn}/${prefix}/*"] },
        { Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.batch_arn] },
    ] : statement if var.batch != null])
  })
}

# The one that verifies reads artifacts, as the scorer does.
resource "aws_iam_role_policy" "verify" {
  name = "model-store"
  role = module.verify.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = "${var.model_store.arn}/${local.models}/*"
        },
        {
          Effect   = "Allow"
          Action   = "s3:ListBucket"
          Resource = var.model_store.arn
        },
        {
          Effect   = "Allow"
          Action   = "kms:Decrypt"
          Resource = distinct(concat([var.key_arn], var.store_key_arns))
          Condition = {
            StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] }
          }
        },
      ],
      length(var.verifying_key_arns) == 0 ? [] : [{ Effect = "Allow", Action = "kms:Verify", Resource = var.verifying_key_arns }],
    )
  })
}

# Who publishes may also start a workflow, follow it, and end it: what an operator does with `millrace release`.
resource "aws_iam_role_policy" "publisher" {
  for_each = toset(var.publisher_role_name[*])

  name = "release-workflow"
  role = each.value

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = aws_sfn_state_machine.release.arn
      },
      {
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = "${replace(aws_sfn_state_machine.release.arn, ":stateMachine:", ":execution:")}:*"
      },
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = module.function.alias.arn
      },
    ]
  })
}
