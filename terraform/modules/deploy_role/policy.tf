# actions.json is written by scripts/deployer_policy.py, from the calls of an apply.
locals {
  actions = { for service, found in jsondecode(file("${path.module}/actions.json")) : service => concat(found.reads, var.plan_only ? [] : found.writes) }

  arn = "arn:${var.account.partition}"
  in  = "${var.account.region}:${var.account.id}"

  buckets = [for box in ["model-store", "failure-store", "evaluation", "batch", "capture", "events", "predictions", "shadow-predictions"] : "${local.arn}:s3:::${var.name}-${box}-${var.account.id}-${var.account.region}"]

  # Resources of the stack, by service. Roles and buckets by their whole names: this role, or one bucket with all states, can
  # begin with the stack's name too.
  resources = {
    # Ids of APIs, keys and plans are random, and paths are all that IAM knows of them.
    apigateway = [for kind in ["restapis", "apikeys", "usageplans", "domainnames", "tags"] : "${local.arn}:apigateway:${var.account.region}::/${kind}*"]
    cloudwatch = ["${local.arn}:cloudwatch:${local.in}:alarm:${var.name}-*", "${local.arn}:cloudwatch::${var.account.id}:dashboard/${var.name}-*"]
    dynamodb   = ["${local.arn}:dynamodb:${local.in}:table/${var.name}-*"]
    events     = ["${local.arn}:events:${local.in}:rule/${var.name}-*", "${local.arn}:events:${local.in}:rule/*/${var.name}-*", "${local.arn}:events:${local.in}:event-bus/${var.name}-*"]
    firehose   = ["${local.arn}:firehose:${local.in}:deliverystream/${var.name}-*"]
    iam        = [for role in ["scorer", "evaluator", "trainer", "batch", "batch-states", "release", "release-states", "release-verify", "publisher", "http", "authorizer", "predictions", "shadow-predictions"] : "${local.arn}:iam::${var.account.id}:role${var.role_path}${var.name}-${role}-${var.account.region}"]
    kinesis    = ["${local.arn}:kinesis:${local.in}:stream/${var.name}-*"]
    lambda     = ["${local.arn}:lambda:${local.in}:function:${var.name}-*", "${local.arn}:lambda:${local.in}:event-source-mapping:*"]
    logs       = [for group in ["apigateway", "lambda", "vendedlogs/states"] : "${local.arn}:logs:${local.in}:log-group:/aws/${group}/${var.name}-*"]
    s3         = flatten([for bucket in local.buckets : [bucket, "${bucket}/*"]])
    sns        = ["${local.arn}:sns:${local.in}:${var.name}-*"]
    sqs        = ["${local.arn}:sqs:${local.in}:${var.name}-*"]
    states     = ["${local.arn}:states:${local.in}:stateMachine:${var.name}-*"]
    wafv2      = ["${local.arn}:wafv2:${local.in}:regional/webacl/*", "${local.arn}:apigateway:${var.account.region}::/restapis/*"]
  }

  # IAM knows no resource for these, or none that is known before the call.
  anywhere = [for action in flatten(values(local.actions)) : action if contains([
    "cloudwatch:DescribeAlarms",
    "kinesis:DescribeLimits",
    "kms:CreateKey",
    "kms:ListAliases",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "lambda:GetLayerVersion",
    "logs:DescribeLogGroups",
    "sns:Unsubscribe",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "states:ValidateStateMachineDefinition",
  ], action) || startswith(action, "ec2:")]

  # Ids of keys are random: they are known by the tag that the root module gives everything.
  key_actions = setsubtract(local.actions.kms, ["kms:CreateKey", "kms:ListAliases"])

  changes = [for statement in [
    # Given to Lambda, to Step Functions where there are batches or a release workflow, and to Firehose the one that it delivers with.
    {
      Sid       = "PassRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = local.resources.iam
      Condition = { StringEquals = { "iam:PassedToService" = ["firehose.amazonaws.com", "lambda.amazonaws.com", "states.amazonaws.com"] } }
    },
    # A key that is made has no tag yet; with this tag in the request it becomes the stack's. A key that has another stack's
    # tag, or an alias, cannot be made the stack's.
    {
      Sid      = "TagNewKeys"
      Effect   = "Allow"
      Action   = ["kms:TagResource"]
      Resource = "${local.arn}:kms:${local.in}:key/*"
      Condition = {
        Null         = { "aws:ResourceTag/stack" = "true", "kms:ResourceAliases" = "true" }
        StringEquals = { "aws:RequestTag/stack" = var.name }
      }
    },
    {
      Sid      = "Aliases"
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
      Resource = ["${local.arn}:kms:${local.in}:alias/${var.name}", "${local.arn}:kms:${local.in}:alias/${var.name}-*"]
    },
    {
      Sid      = "WriteState"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = local.state
    },
  ] : statement if !var.plan_only]

  # Who writes the policies of a role that a function has, has what the function can have; a boundary limits that.
  bounded = [for boundary in var.permissions_boundary[*] : {
    Sid       = "OnlyWithBoundary"
    Effect    = "Deny"
    Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    Resource  = "*"
    Condition = { StringNotEquals = { "iam:PermissionsBoundary" = boundary } }
  }]

  state = "${local.arn}:s3:::${var.state.bucket}/${var.state.key}"

  statements = concat(
    [for service, resources in local.resources : {
      Sid      = title(service)
      Effect   = "Allow"
      Action   = sort(setsubtract(local.actions[service], concat(local.anywhere, ["iam:PassRole"])))
      Resource = resources
    }],
    [
      {
        Sid      = "Anywhere"
        Effect   = "Allow"
        Action   = sort(local.anywhere)
        Resource = "*"
      },
      {
        Sid       = "Keys"
        Effect    = "Allow"
        Action    = sort(local.key_actions)
        Resource  = "${local.arn}:kms:${local.in}:key/*"
        Condition = { StringEquals = { "aws:ResourceTag/stack" = var.name } }
      },
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = "${local.arn}:s3:::${var.state.bucket}"
      },
      {
        Sid      = "ReadState"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = local.state
      },
      {
        Sid      = "LockState"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "${local.state}.tflock"
      },
    ],
    local.changes,
    local.bounded,
  )

  # Whole, for a role of your own.
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
