# What becomes of events that services hand to Lambda without waiting. An alias has one such setting, whatever invokes it.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = var.alias.function_name
  maximum_event_age_in_seconds = var.event_age_seconds
  maximum_retry_attempts       = var.maximum_retry_attempts
  qualifier                    = var.alias.name

  destination_config {
    on_failure {
      destination = var.failure_arn
    }
  }
}
