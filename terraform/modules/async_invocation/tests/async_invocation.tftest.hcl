mock_provider "aws" {
  override_during = plan
}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  failure_arn = "arn:aws:s3:::mill-failure-store-123456789012"
}

run "what_fails_is_kept" {
  command = plan

  variables {
    event_age_seconds      = 60
    maximum_retry_attempts = 1
  }

  assert {
    condition = alltrue([
      aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination == var.failure_arn,
      aws_lambda_function_event_invoke_config.this.maximum_event_age_in_seconds == 60,
      aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 1,
      aws_lambda_function_event_invoke_config.this.qualifier == "live",
    ])
    error_message = "Events that the scorer fails must go from the alias to the failure store, after the retries that were set."
  }
}
