mock_provider "aws" {
  override_during = plan

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mill-events" }
  }

  override_resource {
    target = aws_sqs_queue.events
    values = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-events"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-events"
    }
  }

  override_resource {
    target = aws_sqs_queue.dead_letter
    values = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-events-dead-letter"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-events-dead-letter"
    }
  }
}

variables {
  account                  = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  alias                    = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  function_timeout_seconds = 30
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name                     = "mill"
  role_name                = "mill-scorer"
}

run "queued_is_the_default_and_loses_nothing" {
  command = plan

  assert {
    condition     = output.delivery == "queued" && length(aws_sqs_queue.events) == 1 && length(aws_lambda_permission.topic) == 0
    error_message = "By default events must go through the queue, and SNS must not invoke the function."
  }

  assert {
    condition     = aws_sns_topic_subscription.queue[0].raw_message_delivery == false
    error_message = "The envelope must be kept: prediction ids are derived from the SNS message id in it."
  }

  assert {
    condition = alltrue([
      aws_sns_topic.events[0].kms_master_key_id == var.key_arn,
      aws_sqs_queue.events[0].kms_master_key_id == var.key_arn,
      aws_sqs_queue.dead_letter.kms_master_key_id == var.key_arn,
    ])
    error_message = "Topic and queues must be encrypted with the stack's own key."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.events[0].redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.dead_letter.arn, maxReceiveCount = 5 }
    error_message = "An event must be attempted 5 times before it goes to the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.events[0].visibility_timeout_seconds == 181
    error_message = "The visibility timeout must be 6 times the scorer's timeout plus the window."
  }

  assert {
    condition     = aws_sqs_queue.events[0].message_retention_seconds == 345600
    error_message = "The queue must keep events for four days by default."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "The dead-letter queue must keep events for as long as SQS allows."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.queue[0].redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letter.arn
    error_message = "Events that SNS cannot deliver to the queue must go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letter.redrive_allow_policy).sourceQueueArns == [aws_sqs_queue.events[0].arn]
    error_message = "No other queue may use the dead-letter queue."
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.events[0], aws_sqs_queue.dead_letter] :
      jsondecode(queue.policy).Statement[0].Resource == queue.arn &&
      jsondecode(queue.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == aws_sns_topic.events[0].arn &&
      jsondecode(queue.policy).Statement[1].Effect == "Deny"
    ])
    error_message = "Each queue must accept messages from this topic only, and over TLS only."
  }

  assert {
    condition = jsondecode(module.mapping[0].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = aws_sqs_queue.events[0].arn
    }]
    error_message = "The scorer may receive from the event queue and nothing else."
  }
}

run "source" {
  command = plan

  variables {
    alarms  = { dead_letters = 3 }
    mapping = { maximum_concurrency = 4 }
  }

  assert {
    condition     = output.source.type == "sns" && output.source.arn == aws_sns_topic.events[0].arn && output.source.concurrency == 4 && output.source.policy == module.mapping[0].policy
    error_message = "The source must describe the topic and what receiving from its queue needs."
  }

  assert {
    condition     = output.source.alarms["scorer-dead-letters"].above == 3 && output.source.metrics.wait[0].name == "ApproximateAgeOfOldestMessage" && length(output.source.metrics.backlog) == 2
    error_message = "The source must bring its alarm, with the threshold that was set, and the metrics of its queue."
  }
}

run "attached_to_a_topic_that_exists" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sns:eu-west-1:210987654321:orders" }
  }

  assert {
    condition     = length(aws_sns_topic.events) + length(aws_sns_topic_policy.events) == 0 && aws_sns_topic_subscription.queue[0].topic_arn == "arn:aws:sns:eu-west-1:210987654321:orders"
    error_message = "The queue must subscribe to the topic that exists, whose policy is its owner's."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.events[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:sns:eu-west-1:210987654321:orders" && output.source.name == "orders"
    error_message = "The queue must accept messages from that topic only."
  }
}
