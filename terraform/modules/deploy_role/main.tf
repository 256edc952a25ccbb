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

# IAM allows 10,240 characters for all inline policies of a role, which every service of the stack together exceeds, and 6,144
# for each managed one.
resource "aws_iam_policy" "deploy" {
  # checkov:skip=CKV_AWS_355:statements on "*" have actions without resource types, or a condition on the stack's tag
  count = 3

  name        = "${aws_iam_role.deploy.name}-${count.index + 1}"
  description = "Part ${count.index + 1} of what ${aws_iam_role.deploy.name} may do"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for place, statement in local.statements : statement if place % 3 == count.index]
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  count = length(aws_iam_policy.deploy)

  role       = aws_iam_role.deploy.name
  policy_arn = aws_iam_policy.deploy[count.index].arn
}
