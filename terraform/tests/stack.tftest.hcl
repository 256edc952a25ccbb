# The modules put together. Holds for every environment: `terraform test -var-file=environments/prod.tfvars`.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
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
  name    = "mill"
  package = "./main.tf" # any file will do: nothing is deployed
}

run "queued_to_a_stream_and_nothing_more" {
  command = plan

  variables {
    event_topic     = { delivery = "queued" }
    model_store     = {}
    prediction_sink = { type = "kinesis" }
    shadow_sink     = null
  }

  assert {
    condition = alltrue([
      output.event_stream.name == "mill-events",
      output.failure_store.bucket == "mill-failure-store-123456789012",
      output.model_store.bucket == "mill-model-store-123456789012",
      output.prediction_sink.name == "mill-predictions",
      output.scorer.function_name == "mill-scorer",
    ])
    error_message = "Every name must begin with the stack's, so that stacks can share an account, and bucket names must hold the account id."
  }

  assert {
    condition     = output.event_topic.delivery == "queued" && output.event_topic.queue_url != null && output.event_topic.dead_letter_queue_url != null
    error_message = "Queued delivery must tell its queues."
  }

  assert {
    condition     = output.prediction_sink.type == "kinesis" && output.prediction_sink.target == output.prediction_sink.arn
    error_message = "A stream must be the target by its ARN."
  }

  assert {
    condition     = output.failure_store.quarantine_prefix == "quarantine/" && output.failure_store.on_failure_prefix == "aws/lambda/"
    error_message = "The outputs must tell both prefixes of the failure store."
  }

  assert {
    condition     = length(output.model_store.public_keys) == 0 && output.model_store.signing_key_arn == null && output.model_store.publisher_role_arn == null && output.shadow_sink == null
    error_message = "Signing, publishers and the shadow's sink are there where they are asked for, and not otherwise."
  }

  assert {
    condition     = output.scorer.xgboost && local.flavour == "arm64"
    error_message = "Unless it is said otherwise the package brings XGBoost, and has a plain name."
  }

  assert {
    condition     = contains(output.observability.alarms, "mill-scorer-no-predictions") && !contains(output.observability.alarms, "mill-evaluator-not-done") && output.observability.dashboard == "mill"
    error_message = "The outputs must name the alarms that there are, and the dashboard."
  }

  assert {
    condition     = output.evaluator == null && local.drift == {}
    error_message = "There is an evaluator where it is asked for, and not otherwise; without one the scorer counts nothing."
  }

  assert {
    condition     = keys(local.prediction_streams) == ["predictions"]
    error_message = "Without a shadow an evaluator must read the predictions, and nothing else."
  }
}

run "direct_to_a_queue_without_xgboost" {
  command = plan

  variables {
    architecture    = "x86_64"
    event_topic     = { delivery = "direct" }
    prediction_sink = { type = "sqs" }
    shadow_sink     = { type = "sqs" }
    xgboost         = false
  }

  assert {
    condition     = output.event_topic.delivery == "direct" && output.event_topic.queue_url == null && output.event_topic.dead_letter_queue_url == null
    error_message = "Direct delivery must tell that it has no queues."
  }

  assert {
    condition     = output.prediction_sink.type == "sqs" && output.prediction_sink.target != output.prediction_sink.arn
    error_message = "A queue must be the target by its URL."
  }

  assert {
    condition     = output.shadow_sink.type == "sqs" && !contains(keys(local.prediction_streams), "shadow-predictions")
    error_message = "Of a shadow's sinks an evaluator must read streams only."
  }

  assert {
    condition     = !output.scorer.xgboost && local.flavour == "x86_64-without-xgboost"
    error_message = "The package without XGBoost must be told apart by its name, and those who publish models must see it."
  }
}

run "signed_and_evaluated_with_a_shadow" {
  command = plan

  variables {
    evaluator       = { package = "./main.tf", drift = { write_seconds = 60 } }
    model_store     = { signing_keys = ["2027", "2026"], publishers = ["arn:aws:iam::123456789012:role/training"] }
    prediction_sink = { type = "kinesis" }
    shadow_sink     = { kinesis = { shards = 1 } }
  }

  assert {
    condition     = length(output.model_store.public_keys) == 2 && output.model_store.signing_key_arn != null && output.model_store.publisher_role_arn != null
    error_message = "The outputs must say what signs, who publishes and what the scorer trusts."
  }

  assert {
    condition     = output.shadow_sink.name == "mill-shadow-predictions" && output.prediction_sink.name == "mill-predictions"
    error_message = "A shadow must have a sink of its own."
  }

  assert {
    condition     = output.evaluator.function_name == "mill-evaluator" && output.evaluator.outcomes_stream.name == "mill-outcomes" && output.evaluator.bucket == "mill-evaluation-123456789012"
    error_message = "The outputs must say what evaluates, where outcomes are put and where the results lie."
  }

  assert {
    condition     = local.drift == { DRIFT_BUCKET = "mill-evaluation-123456789012", DRIFT_SECONDS = "60" }
    error_message = "The scorer must hear where to leave what it counts, and how often."
  }

  assert {
    condition     = keys(local.prediction_streams) == ["predictions", "shadow-predictions"]
    error_message = "The evaluator must read a shadow's predictions too, also where \"kinesis\" is not said but the default."
  }
}

run "bad_input" {
  command = plan

  variables {
    architecture    = "riscv64"
    evaluator       = { package = "./main.tf" } # reads a stream, and there is none
    name            = "Mill_"
    prediction_sink = { type = "sqs" }
  }

  expect_failures = [var.architecture, var.evaluator, var.name]
}
