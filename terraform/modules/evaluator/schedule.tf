resource "aws_cloudwatch_event_rule" "evaluate" {
  name                = "${var.name}-evaluator-evaluate"
  description         = "Starts ${var.name}-evaluator for the last ${var.look_back_hours} hours"
  schedule_expression = var.schedule_minutes == 1 ? "rate(1 minute)" : "rate(${var.schedule_minutes} minutes)"
}

resource "aws_cloudwatch_event_target" "evaluate" {
  rule  = aws_cloudwatch_event_rule.evaluate.name
  arn   = module.function.alias.arn
  input = jsonencode({ evaluate = {} })

  depends_on = [aws_lambda_permission.evaluate]
}

resource "aws_lambda_permission" "evaluate" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = module.function.function_name
  principal     = "events.amazonaws.com"
  qualifier     = module.function.alias.name
  source_arn    = aws_cloudwatch_event_rule.evaluate.arn
}
