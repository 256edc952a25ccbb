# The role starts with its own logs only. Every other module attaches the policy that its own resource needs.
resource "aws_iam_role" "this" {
  name        = "${local.function_name}-${var.region}" # names of roles are global
  description = "Execution role of ${local.function_name}; each policy is in the module of the resource that it opens"

  path                 = var.place.role_path
  permissions_boundary = var.place.permissions_boundary

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
      Resource = "${local.log_group.arn}:log-stream:*"
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

# What the caller's own additions need: layers, extra environment variables.
resource "aws_iam_role_policy_attachment" "extra" {
  for_each = var.policy_arns

  policy_arn = each.value
  role       = aws_iam_role.this.name
}

# Lambda manages the network interfaces; the function's own code must not. DescribeNetworkInterfaces has no resource types, and
# the interfaces have no names before they exist.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
resource "aws_iam_role_policy" "network" {
  count = var.place.vpc == null ? 0 : 1

  name = "network"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = local.network_actions
        Resource = "*"
      },
      {
        Effect    = "Deny"
        Action    = local.network_actions
        Resource  = "*"
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = "arn:*:lambda:*:*:function:${local.function_name}*" } }
      },
    ]
  })
}

locals {
  network_actions = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
}
