mock_provider "aws" {
  override_during = plan
}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  label       = "event queue"
  policy_name = "event-queue"
  queue_arn   = "arn:aws:sqs:eu-west-1:123456789012:mill-queue"
  queue_name  = "mill-queue"
  role_name   = "mill-scorer"
  setting     = "event_queue"
}

run "reported_in_part_and_limited" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.queue.function_name == var.alias.arn,
      aws_lambda_event_source_mapping.queue.function_response_types == toset(["ReportBatchItemFailures"]),
      aws_lambda_event_source_mapping.queue.scaling_config[0].maximum_concurrency == 10,
      output.mapping.maximum_concurrency == 10,
    ])
    error_message = "The mapping must invoke the alias, accept partial batch responses, and have a limit: throttled messages would end in the dead-letter queue."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.receive.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = "arn:aws:sqs:eu-west-1:123456789012:mill-queue"
    }]
    error_message = "The scorer may receive from the queue and nothing else."
  }
}

run "settings_reach_the_mapping" {
  command = plan

  variables {
    mapping       = { batch_size = 50, maximum_concurrency = 4, window_seconds = 2 }
    queue_key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1"
  }

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.queue.batch_size == 50,
      aws_lambda_event_source_mapping.queue.maximum_batching_window_in_seconds == 2,
      aws_lambda_event_source_mapping.queue.scaling_config[0].maximum_concurrency == 4,
      jsondecode(aws_iam_role_policy.receive.policy).Statement[1].Resource == "arn:aws:kms:eu-west-1:210987654321:key/1",
    ])
    error_message = "The mapping must have the sizes that were set, and the role the key of a queue that the stack did not make."
  }
}

run "too_little_concurrency" {
  command = plan

  variables {
    mapping = { maximum_concurrency = 1 }
  }

  expect_failures = [var.mapping]
}

run "large_batches_without_a_window" {
  command = plan

  variables {
    mapping = { batch_size = 11, window_seconds = 0 }
  }

  expect_failures = [var.mapping]
}

run "window_too_long" {
  command = plan

  variables {
    mapping = { window_seconds = 301 }
  }

  expect_failures = [var.mapping]
}

run "batch_too_large" {
  command = plan

  variables {
    mapping = { batch_size = 10001 }
  }

  expect_failures = [var.mapping]
}
