mock_provider "aws" {
  override_during = plan

  override_resource {
    target = aws_sqs_queue.events
    values = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-event-queue"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-event-queue"
    }
  }

  override_resource {
    target = aws_sqs_queue.dead_letter
    values = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-event-queue-dead-letter"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-event-queue-dead-letter"
    }
  }
}

variables {
  alias                    = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  function_timeout_seconds = 30
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name                     = "mill"
  role_name                = "mill-scorer"
}

run "limits" {
  command = plan

  variables {
    alarms   = { dead_letters = -1 }
    existing = { arn = "arn:aws:sqs:eu-west-1:123456789012:orders.txt" }
    queue    = { max_receive_count = 4, retention_seconds = 1209600, visibility_seconds = 180 }
  }

  expect_failures = [var.alarms, var.existing, var.queue]
}
