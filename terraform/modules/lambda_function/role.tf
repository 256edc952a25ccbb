# The role starts with its own logs only. Every other module attaches the policy that its own resource needs.
resource "aws_iam_role" "this" {
  name        = local.function_name
  description = "Execution role of ${local.function_name}; each policy is in the module of the resource that it opens"

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
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:log-stream:*"
    }]
  })
}

# X-Ray has no resource types for these two actions, so "*" is the only resource that it accepts.
resource "aws_iam_role_policy" "trace" {
  count = var.tracing == "Active" ? 1 : 0

  name = "tracing"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = "*"
    }]
  })
}
