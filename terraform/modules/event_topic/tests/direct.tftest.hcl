mock_provider "aws" {
  override_during = plan

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mill-events" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-events-dead-letter"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-events-dead-letter"
    }
  }
}

variables {
  account                  = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  alias                    = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  delivery                 = "direct"
  function_timeout_seconds = 30
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name                     = "mill"
  role_name                = "mill-scorer"
}

run "topic_invokes_the_alias_and_nothing_is_lost" {
  command = plan

  variables {
    direct = { event_age_seconds = 60, maximum_retry_attempts = 1 }
  }

  assert {
    condition     = length(aws_sqs_queue.events) + length(module.mapping) == 0
    error_message = "With direct delivery there must be no queue, no mapping and no permission to receive."
  }

  assert {
    condition     = output.queue_url == null && output.dead_letter_queue_url == null && output.undelivered_queue_url != null
    error_message = "The outputs must show that there is no queue, and where undelivered events go."
  }

  assert {
    condition     = aws_sns_topic_subscription.function[0].protocol == "lambda" && aws_sns_topic_subscription.function[0].endpoint == var.alias.arn
    error_message = "The topic must invoke the alias."
  }

  assert {
    condition = alltrue([
      aws_lambda_permission.topic[0].principal == "sns.amazonaws.com",
      aws_lambda_permission.topic[0].qualifier == "live",
      aws_lambda_permission.topic[0].source_arn == aws_sns_topic.events[0].arn,
    ])
    error_message = "Only this topic may invoke the function, and only its alias."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.function[0].redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letter.arn
    error_message = "Events that SNS cannot deliver must go to the dead-letter queue."
  }
}

run "source" {
  command = plan

  assert {
    condition     = output.source.type == "sns" && output.source.mapping == null && output.source.concurrency == 1 && output.source.policy == null
    error_message = "Without a mapping, SNS invokes the function one event at a time, and the scorer needs no permission."
  }

  assert {
    condition     = output.source.metrics.wait[0].name == "AsyncEventAge" && output.source.metrics.backlog == []
    error_message = "Without a queue, Lambda's own age must be shown."
  }
}
