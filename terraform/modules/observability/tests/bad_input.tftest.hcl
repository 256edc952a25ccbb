mock_provider "aws" {}

variables {
  account = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name    = "mill"

  functions = {
    scorer = {
      name       = "mill-scorer"
      on_failure = { bucket = "mill-failure-store-123456789012", filter = "on-failure" }
      alarms = {
        "scorer-errors" = {
          meaning = "It failed in {period}."
          runbook = "The function fails"
          metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "mill-scorer" }, statistic = "Sum" } }
          above   = 2
          missing = "notBreaching"
        }
        "scorer-event-age" = {
          meaning    = "It was late."
          runbook    = "Predictions come late"
          metrics    = { age = { namespace = "Millrace", name = "EventAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "p99" } }
          above      = 60000
          periods    = 3
          datapoints = 2
          missing    = "notBreaching"
        }
      }
    }
  }

  sinks = {
    prediction_sink = {
      type = "kinesis"
      metrics = {
        accepted = [{ namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = "mill-predictions" }, label = "records" }]
        pressure = [{ namespace = "AWS/Kinesis", name = "WriteProvisionedThroughputExceeded", dimensions = { StreamName = "mill-predictions" }, label = "throttled" }]
      }
      alarms = {}
    }
  }

  sources = {
    event_stream = {
      metrics = {
        arrivals = { namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = "mill-events" }, label = "event stream" }
        wait     = [{ namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, label = "event stream", statistic = "Maximum" }]
      }
      alarms = {}
    }
  }
}

run "topic_of_another_service" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sqs:eu-west-1:123456789012:on-call" }
  }

  expect_failures = [var.alarms]
}

run "addresses_for_a_topic_of_others" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:on-call", emails = ["a@example.com"] }
  }

  expect_failures = [var.alarms]
}

run "invalid_address" {
  command = plan

  variables {
    alarms = { emails = ["on-call"] }
  }

  expect_failures = [var.alarms]
}

run "fractional_minutes" {
  command = plan

  variables {
    alarms = { period_seconds = 90 }
  }

  expect_failures = [var.alarms]
}

run "odd_silent_minutes" {
  command = plan

  variables {
    alarms = { silent_minutes = 3 }
  }

  expect_failures = [var.alarms]
}

run "runbook_without_an_address" {
  command = plan

  variables {
    alarms = { runbook_url = "docs/runbook.md" }
  }

  expect_failures = [var.alarms]
}

run "no_scorer" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}

run "source_whose_name_is_no_metric_id" {
  command = plan

  variables {
    sources = { "Event-Stream" = { metrics = {}, alarms = {} } }
  }

  expect_failures = [var.sources]
}

run "two_sources_with_one_name_of_an_alarm" {
  command = plan

  variables {
    sources = {
      event_stream = {
        metrics = {}
        alarms = {
          "scorer-iterator-age" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
      orders = {
        metrics = {}
        alarms = {
          "scorer-iterator-age" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
    }
  }

  expect_failures = [var.sources]
}

run "a_source_with_the_name_of_the_functions_alarm" {
  command = plan

  variables {
    sources = {
      event_stream = {
        metrics = {}
        alarms = {
          "scorer-iterator-age" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
      orders = {
        metrics = {}
        alarms = {
          "scorer-errors" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
    }
  }

  expect_failures = [var.sources]
}

run "a_source_with_the_name_of_the_stacks_own_alarm" {
  command = plan

  variables {
    sources = {
      event_stream = {
        metrics = {}
        alarms = {
          "scorer-iterator-age" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
      orders = {
        metrics = {}
        alarms = {
          "scorer-no-predictions" = {
            meaning = "Events waited."
            runbook = "The iterator age grows"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
    }
  }

  expect_failures = [var.sources]
}
