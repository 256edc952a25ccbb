mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/millrace-deploy-eu-west-1" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  account     = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  environment = "prod"
  name        = "millrace"
  repository  = "example/models"
  state       = { bucket = "millrace-state-123456789012-eu-west-1", key = "millrace/prod.tfstate" }
}

run "one_environment_of_one_repository_deploys" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Action    = "sts:AssumeRoleWithWebIdentity"
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.github[0].arn }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:example/models:environment:prod"
      } }
    }]
    error_message = "Only jobs of that environment of that repository may assume the role."
  }

  assert {
    condition     = alltrue([for part in aws_iam_policy.deploy : length(part.policy) < 6144])
    error_message = "IAM allows 6,144 characters for a managed policy; they have ${jsonencode([for part in aws_iam_policy.deploy : length(part.policy)])}."
  }

  assert {
    condition     = sort(flatten([for part in aws_iam_policy.deploy : jsondecode(part.policy).Statement[*].Sid])) == sort(jsondecode(output.policy).Statement[*].Sid)
    error_message = "The parts must have every statement once."
  }

  assert {
    condition     = aws_iam_role.deploy.name == "millrace-deploy-eu-west-1" && !anytrue([for s in jsondecode(output.policy).Statement : strcontains(jsonencode(s.Resource), "role/millrace-deploy") || strcontains(jsonencode(s.Resource), "role/millrace-*")])
    error_message = "The role must not be able to change itself."
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Sid if strcontains(jsonencode(s.Resource), "millrace-state") || strcontains(jsonencode(s.Resource), "s3:::millrace-*")] == ["State", "ReadState", "LockState", "WriteState"]
    error_message = "Of the state's bucket the role may use its own state, and nothing else."
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.policy).Statement : can(s.Condition) if strcontains(jsonencode(s.Action), "iam:PassRole")])
    error_message = "Roles may be passed to Lambda only."
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.policy).Statement : length(setsubtract(s.Action, ["kms:CreateKey", "lambda:CreateEventSourceMapping", "sns:SetSubscriptionAttributes", "sns:Unsubscribe", "states:ValidateStateMachineDefinition"])) == length([for action in setsubtract(s.Action, ["kms:CreateKey", "lambda:CreateEventSourceMapping", "sns:SetSubscriptionAttributes", "sns:Unsubscribe", "states:ValidateStateMachineDefinition"]) : action if can(regex(":(Describe|Get|List)", action))]) if s.Resource == "*"])
    error_message = "On every resource the role may read, and write only what IAM knows no resource for."
  }
}

run "no_key_of_others_becomes_the_stacks" {
  command = plan

  assert {
    condition = [for s in jsondecode(output.policy).Statement : s.Condition if s.Sid == "TagNewKeys"] == [{
      Null         = { "aws:ResourceTag/stack" = "true", "kms:ResourceAliases" = "true" }
      StringEquals = { "aws:RequestTag/stack" = "millrace" }
    }]
    error_message = "Keys are the stack's by their tag: the role must not give it to a key with an alias, or with another stack's tag."
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Condition if strcontains(jsonencode(s.Action), "kms:ScheduleKeyDeletion")] == [{ StringEquals = { "aws:ResourceTag/stack" = "millrace" } }]
    error_message = "Only keys with the stack's tag may be changed."
  }
}

run "a_plan_only_reads" {
  command = plan

  variables {
    plan_only    = true
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && aws_iam_role.deploy.name == "millrace-plan-eu-west-1"
    error_message = "With a provider that exists, none is made."
  }

  assert {
    condition     = alltrue(flatten([for s in jsondecode(output.policy).Statement : [for action in s.Action : can(regex(":(Describe|Get|GET|List)", action)) || s.Sid == "LockState"]]))
    error_message = "A role for plans must write nothing but the lock."
  }
}

run "roles_only_with_their_boundary" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Condition.StringNotEquals["iam:PermissionsBoundary"] if s.Effect == "Deny"] == ["arn:aws:iam::123456789012:policy/boundary"]
    error_message = "With a boundary, no role may be made or changed without it."
  }
}

run "wildcards_are_refused" {
  command = plan

  variables {
    environment = "*"
    repository  = "example/*"
  }

  expect_failures = [var.environment, var.repository]
}
