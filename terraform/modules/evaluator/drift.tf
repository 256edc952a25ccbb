locals {
  # The scorer's drift counter writes below the same prefix.
  drift_prefix = "evaluation/${var.model_name}/drift/"
}

# The scorer writes its counts of events and scores here, and can neither read nor list them.
resource "aws_iam_role_policy" "drift" {
  name = "drift"
  role = var.scorer_role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${module.bucket.arn}/${local.drift_prefix}*"
    }], local.existing_key)
  })
}
