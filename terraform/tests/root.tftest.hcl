# The root passes on what an environment sets: `terraform test -var-file=environments/prod.tfvars`. The stack is tested in
# modules/millrace.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill"
    }
  }
}

variables {
  name     = "mill"
  packages = { authorizer = "./main.tf", evaluator = "./main.tf", http = "./main.tf", scorer = "./main.tf" } # any file works: nothing is deployed
}

run "one_stack" {
  command = plan

  assert {
    condition     = output.scorer.function_name == "mill-scorer" && output.event_stream.name == "mill-events" && output.prediction_sink.name == "mill-predictions"
    error_message = "The outputs must be those of the stack."
  }

  assert {
    condition     = local.flavour == "arm64" && output.scorer.xgboost && !output.scorer.onnx && !output.scorer.images
    error_message = "By default the package must be the one for arm64, with XGBoost alone."
  }
}

run "settings_reach_the_stack" {
  command = plan

  variables {
    architecture    = "x86_64"
    evaluator       = {}
    event_topic     = { delivery = "direct" }
    http            = { kind = "function_url" }
    images          = true
    model           = { name = "clicks" }
    onnx            = true
    prediction_sink = { kinesis = { shards = 1 } }
    shadow_sink     = { type = "sqs" }
    xgboost         = false
  }

  assert {
    condition = alltrue([
      local.flavour == "x86_64-onnx-images-without-xgboost",
      !output.scorer.xgboost,
      output.scorer.onnx,
      output.scorer.images,
      output.evaluator.function_name == "mill-evaluator",
      output.event_topic.delivery == "direct",
      output.http.function_name == "mill-http" && output.http.api_id == null,
      output.model.name == "clicks",
      output.shadow_sink.type == "sqs",
    ])
    error_message = "Every setting must reach the stack, and the package's name must show its libraries."
  }
}

run "misspelt_settings" {
  command = plan

  variables {
    alarms        = { error = 1 }
    event_stream  = { shard = 2, mapping = { batchsize = 100 } }
    event_streams = { clicks = { shards = 1, mapping = { batchsize = 100 } } }
    http          = { public_pages = true, throttle = { rates = 1 } }
    shadow_sink   = { kinesis = { shards = 1, aggregate_ranges = 8 } }
  }

  assert {
    condition = local.unknown_settings == [
      "alarms.error (known: ${join(", ", local.known_settings["alarms"])})",
      "event_stream.shard (known: existing, mapping, retention_hours, shards)",
      "event_stream.mapping.batchsize (known: ${join(", ", local.known_settings["event_stream.mapping"])})",
      "event_streams.clicks.mapping.batchsize (known: ${join(", ", local.known_settings["event_stream.mapping"])})",
      "http.public_pages (known: ${join(", ", local.known_settings["http"])})",
      "http.throttle.rates (known: burst, rate)",
      "shadow_sink.kinesis.aggregate_ranges (known: retention_hours, shards)",
    ]
    error_message = "The message must name each unknown setting, and those that there are."
  }

  expect_failures = [output.scorer]
}
