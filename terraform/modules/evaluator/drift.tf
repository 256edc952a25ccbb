locals {
  # As functions/scorer/drift.py names what it writes.
  drift_prefix = "evaluation/${var.model_name}/drift/"
}

# What the scorer counts of events and scores it leaves here, and can neither read nor list.
resource "aws_iam_role_policy" "drift" {
  name = "drift"
  role = var.scorer_role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${module.bucket.arn}/${local.drift_prefix}*"
    }]
  })
}
