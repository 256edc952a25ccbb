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

run "encrypted_and_loses_nothing" {
  command = plan

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.events[0], aws_sqs_queue.dead_letter[0]] : queue.kms_master_key_id == var.key_arn])
    error_message = "The queues must be encrypted with the stack's own key."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.events[0].redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn, maxReceiveCount = 5 } && aws_sqs_queue.events[0].visibility_timeout_seconds == 181
    error_message = "An event must be attempted 5 times, and never while it may still be scored, before it goes to the dead-letter queue."
  }

  assert {
    condition     = length(aws_sqs_queue_policy.tls_only) == 2 && alltrue([for policy in aws_sqs_queue_policy.tls_only : jsondecode(policy.policy).Statement[0].Effect == "Deny" && jsondecode(policy.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } }])
    error_message = "Requests without TLS must be denied, of both queues."
  }

  assert {
    condition     = aws_sqs_queue.events[0].message_retention_seconds == 345600 && aws_sqs_queue.dead_letter[0].message_retention_seconds == 1209600
    error_message = "By default the queue must keep events for four days, and the dead-letter queue for as long as SQS allows."
  }

  assert {
    condition     = output.source.type == "sqs" && output.source.name == "mill-event-queue" && output.source.concurrency == 10 && output.source.alarms["scorer-queue-dead-letters"].metrics.messages.dimensions.QueueName == "mill-event-queue-dead-letter"
    error_message = "The source must describe the queue, and bring the alarm of its dead letters."
  }
}

run "existing_queue" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sqs:eu-west-1:210987654321:orders", dead_letter_queue_url = "https://sqs.eu-west-1.amazonaws.com/210987654321/orders-failed", key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1" }
  }

  assert {
    condition     = length(aws_sqs_queue.events) + length(aws_sqs_queue.dead_letter) + length(aws_sqs_queue_policy.tls_only) == 0 && output.source.queue_url == "https://sqs.eu-west-1.amazonaws.com/210987654321/orders"
    error_message = "The stack must poll the queue that exists, and change nothing of it."
  }

  assert {
    condition     = [for s in jsondecode(output.source.policy).Statement : s.Resource] == ["arn:aws:sqs:eu-west-1:210987654321:orders", "arn:aws:kms:eu-west-1:210987654321:key/1"] && output.source.metrics.dead_letters[0].dimensions.QueueName == "orders-failed"
    error_message = "The scorer may receive from that queue and decrypt with its key; its dead letters must be watched."
  }
}

run "existing_queue_without_known_dead_letters" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sqs:eu-west-1:210987654321:orders" }
  }

  assert {
    condition     = length(output.source.alarms) == 0 && length(output.source.metrics.dead_letters) == 0 && output.source.dead_letter_queue_url == null
    error_message = "Without a known dead-letter queue there must be no alarm that could never fire."
  }
}

run "fifo" {
  command = plan

  variables {
    queue = { fifo = true }
  }

  assert {
    condition     = aws_sqs_queue.events[0].name == "mill-event-queue.fifo" && aws_sqs_queue.events[0].fifo_queue && aws_sqs_queue.dead_letter[0].fifo_queue && aws_sqs_queue.events[0].visibility_timeout_seconds == 180
    error_message = "A FIFO queue must have a FIFO queue for its dead letters."
  }

  assert {
    condition     = output.source.mapping.batch_size == 10 && output.source.mapping.window_seconds == 0
    error_message = "Lambda takes ten messages of a FIFO queue at a time, without a window."
  }
}

run "existing_fifo_queue" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sqs:eu-west-1:210987654321:orders.fifo" }
  }

  assert {
    condition     = output.source.name == "orders.fifo" && output.source.mapping.batch_size == 10
    error_message = "An existing FIFO queue is known by its name."
  }
}
