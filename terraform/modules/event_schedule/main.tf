# A rule that has all objects below a prefix scored, again and again.
resource "aws_cloudwatch_event_rule" "score" {
  name                = "${var.name}-event-schedule"
  description         = "Has ${var.name}-scorer score s3://${local.bucket}/${var.prefix}"
  schedule_expression = var.schedule
}

resource "aws_cloudwatch_event_target" "scorer" {
  rule = aws_cloudwatch_event_rule.score.name
  arn  = var.alias.arn

  # The time of the schedule is when its events arrived.
  input_transformer {
    input_paths    = { time = "$.time" }
    input_template = "{\"source\": \"millrace.schedule\", \"bucket_arn\": ${jsonencode(var.bucket_arn)}, \"prefix\": ${jsonencode(var.prefix)}, \"time\": <time>}"
  }

  depends_on = [aws_iam_role_policy.read, aws_lambda_permission.rule]
}

resource "aws_lambda_permission" "rule" {
  statement_id  = "event-schedule"
  action        = "lambda:InvokeFunction"
  function_name = var.alias.function_name
  principal     = "events.amazonaws.com"
  qualifier     = var.alias.name
  source_arn    = aws_cloudwatch_event_rule.score.arn
}

resource "aws_iam_role_policy" "read" {
  name   = "event-schedule"
  role   = var.role_name
  policy = local.policy
}

locals {
  bucket = reverse(split(":", var.bucket_arn))[0]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Effect = "Allow", Action = ["s3:GetObject"], Resource = "${var.bucket_arn}/${var.prefix}*" },
        { Effect = "Allow", Action = ["s3:ListBucket"], Resource = var.bucket_arn },
      ],
      [for key in var.key_arn[*] : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })

  # What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
  source = {
    type = "schedule"
    name = aws_cloudwatch_event_rule.score.name
    arn  = var.bucket_arn

    delivery              = "direct"
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = null
    concurrency = 1
    policy      = local.policy

    produce = [
      { Effect = "Allow", Action = ["s3:PutObject"], Resource = "${var.bucket_arn}/${var.prefix}*" },
    ]

    metrics = {
      arrivals = { namespace = "AWS/Events", name = "MatchedEvents", dimensions = { RuleName = aws_cloudwatch_event_rule.score.name }, label = "schedule" }
    }

    alarms = {}
  }
}
