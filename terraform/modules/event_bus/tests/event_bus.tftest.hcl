mock_provider "aws" {
  override_during = plan

  override_resource {
    target = aws_cloudwatch_event_bus.events
    values = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/mill-events" }
  }

  override_resource {
    target = aws_cloudwatch_event_rule.events
    values = { arn = "arn:aws:events:eu-west-1:123456789012:rule/mill-events/mill-events" }
  }

  override_resource {
    target = aws_sqs_queue.dead_letter
    values = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-event-bus-dead-letter"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-event-bus-dead-letter"
    }
  }
}

variables {
  account = { id = "123456789012" }
  alias   = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  name    = "mill"
}

run "a_bus_of_the_stack" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_target.scorer.arn == var.alias.arn && aws_cloudwatch_event_target.scorer.dead_letter_config[0].arn == aws_sqs_queue.dead_letter.arn && aws_cloudwatch_event_target.scorer.retry_policy[0].maximum_retry_attempts == 185
    error_message = "The rule must invoke the alias, and keep what it cannot hand over."
  }

  assert {
    condition     = aws_lambda_permission.rule.source_arn == aws_cloudwatch_event_rule.events.arn && aws_lambda_permission.rule.qualifier == "live"
    error_message = "Only this rule may invoke the function, and only its alias."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letter.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == aws_cloudwatch_event_rule.events.arn && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "Only this rule may send to the dead-letter queue, which must be encrypted."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letter.policy).Statement[1].Effect == "Deny" && jsondecode(aws_sqs_queue_policy.dead_letter.policy).Statement[1].Condition == { Bool = { "aws:SecureTransport" = "false" } } && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "Requests without TLS must be denied; events must be kept for as long as SQS allows."
  }

  assert {
    condition     = output.source.type == "eventbridge" && output.source.name == "mill-events" && output.source.alarms["scorer-bus-dead-letters"].metrics.messages.dimensions.QueueName == "mill-event-bus-dead-letter"
    error_message = "The source must describe the bus, and bring the alarm of its dead letters."
  }
}

run "an_existing_bus" {
  command = plan

  variables {
    existing = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/default" }
    pattern  = "{\"source\": [\"acme.shop\"]}"
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.events) == 0 && aws_cloudwatch_event_rule.events.event_bus_name == "default" && aws_cloudwatch_event_rule.events.event_pattern == var.pattern
    error_message = "The rule must be on the bus that exists, with the pattern that was set."
  }
}

run "an_existing_bus_without_a_pattern" {
  command = plan

  variables {
    existing = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/default" }
  }

  expect_failures = [var.existing]
}

run "limits" {
  command = plan

  variables {
    alarms  = { dead_letters = -1 }
    pattern = "[]"
    retry   = { event_age_seconds = 59 }
  }

  expect_failures = [var.alarms, var.pattern, var.retry]
}
