# Two functions: the one that changes the release reads no model, and the one that reads a model can write nothing.
module "function" {
  source = "../lambda_function"

  architecture       = var.architecture
  description        = "Decides on releases of a model, step by step"
  environment        = local.environment
  function           = "release"
  handler            = "release_workflow.handler.handle"
  key_arn            = var.key_arn
  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  memory_mb          = var.batch == null ? 512 : 1769 # a backtest's predictions and outcomes, some 500 bytes each
  name               = var.name
  package            = var.package
  place              = var.place
  region             = var.account.region
  timeout_seconds    = var.batch == null ? 60 : 300
}

module "verify" {
  source = "../lambda_function"

  architecture       = var.architecture
  description        = "Verifies a version of the model as the scorer would"
  environment        = local.verify_environment
  function           = "release-verify"
  handler            = "scorer.verify.handle"
  key_arn            = var.key_arn
  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  memory_mb          = var.memory_mb
  name               = var.name
  package            = var.scorer_package
  place              = var.place
  region             = var.account.region
  timeout_seconds    = var.verify_timeout_seconds
}

locals {
  models = "models/${var.model_name}"

  environment = merge(
    { for batch in var.batch[*] : "BATCH_BUCKET" => batch.bucket },
    local.always,
  )

  always = {
    APPROVAL          = var.approval.required ? "required" : "optional"
    DNS_SUFFIX        = var.account.dns_suffix
    EVALUATION_BUCKET = var.evaluation.bucket
    EVIDENCE_SECONDS  = tostring(var.evidence_seconds)
    MODEL_BUCKET      = var.model_store.bucket
    MODEL_NAME        = var.model_name
    STAGE_SHARES      = join(",", var.stages)
    TOPIC_ARN         = var.topic_arn
  }

  verify_environment = merge(
    {
      DNS_SUFFIX   = var.account.dns_suffix
      MODEL_BUCKET = var.model_store.bucket
      MODEL_NAME   = var.model_name
    },
    var.model_keys,
  )
}

# An execution that was stopped, or timed out, runs no step of its own any more: the function brings the release back then.
resource "aws_cloudwatch_event_rule" "ended" {
  name        = "${var.name}-release-ended"
  description = "Executions of ${local.state_machine} that ended without their own end"

  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [aws_sfn_state_machine.release.arn]
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
    }
  })
}

resource "aws_cloudwatch_event_target" "ended" {
  rule = aws_cloudwatch_event_rule.ended.name
  arn  = module.function.alias.arn
}

resource "aws_lambda_permission" "ended" {
  statement_id  = "release-ended"
  action        = "lambda:InvokeFunction"
  function_name = module.function.alias.function_name
  qualifier     = module.function.alias.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.ended.arn
}
