locals {
  host         = "token.actions.githubusercontent.com"
  provider_arn = var.provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.provider_arn
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  client_id_list = ["sts.amazonaws.com"]
  url            = "https://${local.host}"
}

# Only jobs of this environment of this repository: the subject has no wildcard.
resource "aws_iam_role" "deploy" {
  name        = "${var.name}-${var.plan_only ? "plan" : "deploy"}-${var.account.region}" # names of roles are global
  description = "${var.plan_only ? "Plans" : "Deploys"} ${var.name} from ${var.repository}, environment ${var.environment}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.host}:aud" = "sts.amazonaws.com"
          "${local.host}:sub" = "repo:${var.repository}:environment:${var.environment}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "deploy" {
  # checkov:skip=CKV_AWS_355:statements on "*" have actions without resource types, or a condition on the stack's tag
  name   = "deploy"
  role   = aws_iam_role.deploy.name
  policy = local.policy
}
