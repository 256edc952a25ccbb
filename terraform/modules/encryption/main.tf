locals {
  arn = {
    alarms = "arn:${var.account.partition}:cloudwatch:${var.account.region}:${var.account.id}:alarm:${var.name}-*"
    log_groups = [for function in var.functions :
      "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group:/aws/lambda/${var.name}-${function}"
    ]
    root  = "arn:${var.account.partition}:iam::${var.account.id}:root"
    topic = "arn:${var.account.partition}:sns:${var.account.region}:${var.account.id}:${var.name}-events"
  }
}

resource "aws_kms_key" "millrace" {
  description             = "Events, predictions, models and logs of ${var.name}"
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  policy                  = local.key_policy
}

resource "aws_kms_alias" "millrace" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.millrace.key_id
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
      Resource = aws_kms_key.millrace.arn
      Condition = {
        StringEquals = {
          "kms:ViaService" = [for pair in setproduct(["kinesis", "s3", "sns", "sqs"], var.account.kms_suffixes) : "${pair[0]}.${var.account.region}.${pair[1]}"]
        }
      }
    }]
  })
}
