mock_provider "aws" {}

variables {
  account                  = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  alias                    = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  function_timeout_seconds = 30
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name                     = "mill"
  role_name                = "mill-scorer"
}

# One rule of each variable per run; queue apart from mapping, because its rules are not evaluated while mapping is invalid.

run "unknown_delivery_too_many_retries_visibility_too_short" {
  command = plan

  variables {
    delivery = "pushed"
    direct   = { maximum_retry_attempts = 3 }
    queue    = { visibility_seconds = 180 }
  }

  expect_failures = [var.delivery, var.direct, var.queue]
}

run "events_too_old_discarded_too_early" {
  command = plan

  variables {
    direct = { event_age_seconds = 21601 }
    queue  = { max_receive_count = 4 }
  }

  expect_failures = [var.direct, var.queue]
}

run "kept_longer_than_the_dead_letter_queue_can" {
  command = plan

  variables {
    queue = { retention_seconds = 1209600 }
  }

  expect_failures = [var.queue]
}

run "negative_count" {
  command = plan

  variables {
    alarms = { dead_letters = -1 }
  }

  expect_failures = [var.alarms]
}

run "what_is_no_topic" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sns:eu-west-1:123456789012:orders.fifo" }
  }

  expect_failures = [var.existing]
}
