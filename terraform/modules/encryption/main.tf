locals {
  key_arn = var.existing == null ? aws_kms_key.millrace[0].arn : var.existing.key_arn

  arn = {
    alarms = "arn:${var.account.partition}:cloudwatch:${var.account.region}:${var.account.id}:alarm:${var.name}-*"
    log_groups = [for group in concat([for function in var.functions : "/aws/lambda/${var.name}-${function}"], var.log_groups) :
      "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group:${group}"
    ]
    root  = "arn:${var.account.partition}:iam::${var.account.id}:root"
    topic = coalesce(var.topic_arn, "arn:${var.account.partition}:sns:${var.account.region}:${var.account.id}:${var.name}-events")
  }
}

resource "aws_kms_key" "millrace" {
  count = var.existing == null ? 1 : 0

  description             = "Events, predictions, models and logs of ${var.name}"
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  policy                  = local.key_policy
}

resource "aws_kms_alias" "millrace" {
  count = var.existing == null ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.millrace[0].key_id
}

# The scorer decrypts what it reads and generates data keys for what it writes, only through these services.
resource "aws_iam_role_policy" "use" {
  name = "encryption"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = local.key_arn
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for pair in setproduct(["dynamodb", "kinesis", "s3", "sns", "sqs"], var.account.kms_suffixes) : "${pair[0]}.${var.account.region}.${pair[1]}"]
        }
      }
    }]
  })
}
