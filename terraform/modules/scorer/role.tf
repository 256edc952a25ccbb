# The role begins with nothing but its own logs. Every other module adds what its own resource needs.
resource "aws_iam_role" "scorer" {
  name        = local.function_name
  description = "What the scorer may do; each policy stands beside the resource that it opens"

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
  role = aws_iam_role.scorer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.scorer.arn}:log-stream:*"
    }]
  })
}

# X-Ray knows no resources for these two actions, so "*" is the only one that it takes.
resource "aws_iam_role_policy" "trace" {
  count = var.tracing == "Active" ? 1 : 0

  name = "tracing"
  role = aws_iam_role.scorer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = "*"
    }]
  })
}
