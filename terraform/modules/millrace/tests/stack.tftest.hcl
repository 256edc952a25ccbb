# The modules together.

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

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { id = "a1b2c3", execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3" }
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
  packages = { evaluator = "./main.tf", scorer = "./main.tf" } # any file works: nothing is deployed
}

run "queued_to_a_stream_without_options" {
  command = plan

  variables {
    event_topic     = { delivery = "queued" }
    prediction_sink = { type = "kinesis" }
  }

  assert {
    condition = alltrue([
      output.event_stream.name == "mill-events",
      output.failure_store.bucket == "mill-failure-store-123456789012-eu-west-1",
      output.model_store.bucket == "mill-model-store-123456789012-eu-west-1",
      output.prediction_sink.name == "mill-predictions",
      output.scorer.function_name == "mill-scorer",
    ])
    error_message = "Every name must begin with the stack's, so that stacks can share an account, and bucket names must hold the account id and the region."
  }

  assert {
    condition     = output.event_topic.delivery == "queued" && output.event_topic.queue_url != null && output.event_topic.dead_letter_queue_url != null
    error_message = "With queued delivery, the outputs must name the queues."
  }

  assert {
    condition     = output.prediction_sink.type == "kinesis" && output.prediction_sink.target == output.prediction_sink.arn
    error_message = "The target must be the ARN of the stream."
  }

  assert {
    condition = jsonencode(output.sources.event_stream) == jsonencode({
      arn                   = output.event_stream.arn
      concurrency           = 4
      dead_letter_queue_url = null
      delivery              = null
      mapping               = { batch_size = 1000, enhanced_fan_out = false, filters = [], maximum_retry_attempts = 10, parallelization_factor = 1, record_age_seconds = 21600, starting_position = "TRIM_HORIZON", starting_position_timestamp = null, window_seconds = 1 }
      name                  = "mill-events"
      queue_url             = null
      type                  = "kinesis"
    }) && output.sources.event_topic.type == "sns" && output.sources.event_topic.arn == output.event_topic.arn && output.sources.event_topic.delivery == "queued" && output.sources.event_topic.queue_url != null && output.sources.event_topic.dead_letter_queue_url != null
    error_message = "The map of sources must describe every source in the same form."
  }

  assert {
    condition     = output.sinks == { prediction_sink = output.prediction_sink }
    error_message = "The map of sinks must describe every sink in the same form."
  }

  assert {
    condition     = output.failure_store.quarantine_prefix == "quarantine/" && output.failure_store.on_failure_prefix == "aws/lambda/"
    error_message = "The outputs must name both prefixes of the failure store."
  }

  assert {
    condition     = length(output.model_store.public_keys) == 0 && output.model_store.signing_key_arn == null && output.model_store.publisher_role_arn == null && output.shadow_sink == null
    error_message = "Signing, publishers and the shadow's sink must be optional."
  }

  assert {
    condition     = output.scorer.xgboost
    error_message = "By default the package must contain XGBoost."
  }

  assert {
    condition     = contains(output.observability.alarms, "mill-scorer-no-predictions") && !contains(output.observability.alarms, "mill-evaluator-not-done") && output.observability.dashboard == "mill-eu-west-1"
    error_message = "The outputs must name the alarms and the dashboard."
  }

  assert {
    condition     = output.http == null && output.policies.request == null && length(module.http_api) == 0
    error_message = "The endpoint must be optional, and cost nothing where it is not set."
  }

  assert {
    condition     = output.evaluator == null && local.drift == {}
    error_message = "The evaluator must be optional; without it the scorer must not count for drift."
  }

  assert {
    condition     = keys(local.prediction_streams) == ["predictions"]
    error_message = "Without a shadow, an evaluator must read the predictions only."
  }
}

run "with_an_endpoint" {
  command = plan

  variables {
    http     = { access = "api_key", api_keys = ["shop"], public_page = true, throttle = { rate = 7 } }
    packages = { http = "./main.tf", scorer = "./main.tf" }
  }

  assert {
    condition     = output.http.function_name == "mill-http" && output.http.access == "api_key" && keys(output.http.key_ids) == ["shop"] && output.http.stage == "live" && output.http.api_id == "a1b2c3"
    error_message = "The outputs must describe the endpoint."
  }

  assert {
    condition     = jsonencode(module.http_api[0].metrics.requests[0].dimensions) == jsonencode({ ApiName = "mill-http", Stage = "live" }) && contains(output.observability.alarms, "mill-http-latency")
    error_message = "The endpoint must have its alarms, and its graphs."
  }

  assert {
    condition     = toset([for group in jsondecode(output.encryption.key_policy).Statement[3].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] : regex("log-group:(.+)$", group)[0]]) == toset(["/aws/apigateway/mill-http", "/aws/lambda/mill-http", "/aws/lambda/mill-scorer"])
    error_message = "The key must open for the logs of the endpoint."
  }
}

run "what_an_endpoint_answers_is_captured" {
  command = plan

  variables {
    capture  = { share = 0.5 }
    http     = {}
    packages = { http = "./main.tf", scorer = "./main.tf" }
  }

  assert {
    condition     = local.capture == { CAPTURE_BUCKET = output.capture.bucket, CAPTURE_SECONDS = "60", CAPTURE_SHARE = "0.5" }
    error_message = "The functions must know where, how often and how much to write."
  }

  assert {
    condition     = contains(output.observability.alarms, "mill-http-capture-failures") && contains(output.observability.alarms, "mill-scorer-capture-failures")
    error_message = "An alarm must watch the writes of each function."
  }
}

run "an_endpoint_needs_its_package" {
  command = plan

  variables {
    http     = {}
    packages = { scorer = "./main.tf" }
  }

  expect_failures = [var.packages]
}

# S3 allows 63 characters. No region has a longer name than this one.
run "the_longest_names_fit" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "ap-southeast-1" }
  }

  variables {
    evaluator = {}
    name      = "a-name-of-20-letters"
  }

  assert {
    condition     = length(output.failure_store.bucket) == 62 && max(length(output.model_store.bucket), length(output.evaluator.bucket)) <= 63
    error_message = "With the longest name, every bucket name must have 63 characters at most; they are ${jsonencode([output.failure_store.bucket, output.model_store.bucket, output.evaluator.bucket])}."
  }

  assert {
    condition     = module.scorer.role_name == "a-name-of-20-letters-scorer-ap-southeast-1"
    error_message = "Names of roles are global: they must hold the region."
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
    error_message = "With direct delivery, the outputs must show that there are no queues."
  }

  assert {
    condition     = output.prediction_sink.type == "sqs" && output.prediction_sink.target != output.prediction_sink.arn
    error_message = "The target must be the URL of the queue."
  }

  assert {
    condition     = output.shadow_sink.type == "sqs" && !contains(keys(local.prediction_streams), "shadow-predictions")
    error_message = "Of shadow sinks, an evaluator must read streams only."
  }

  assert {
    condition     = !output.scorer.xgboost
    error_message = "Whoever publishes models must be able to see that the package lacks XGBoost."
  }

  assert {
    condition     = output.sources.event_topic.mapping == null && output.sources.event_topic.queue_url == null && output.sources.event_topic.dead_letter_queue_url != null && keys(output.sinks) == ["prediction_sink", "shadow_sink"]
    error_message = "Maps of sources and sinks must hold every one of them, without a mapping where SNS invokes the function."
  }
}

run "signed_and_evaluated_with_a_shadow" {
  command = plan

  variables {
    evaluator       = { drift = { write_seconds = 60 } }
    model_store     = { signing_keys = ["2027", "2026"], publishers = ["arn:aws:iam::123456789012:role/training"] }
    prediction_sink = { type = "kinesis" }
    shadow_sink     = { kinesis = { shards = 1 } }
    capture         = { share = 0.1, keep_days = 7 }
  }

  assert {
    condition     = output.capture == { bucket = "mill-capture-123456789012-eu-west-1", keep_days = 7, prefix = "capture/" } && contains(keys(local.functions.scorer.alarms), "scorer-capture-failures")
    error_message = "The outputs must name the bucket with captured rows, and an alarm must watch their writes."
  }

  assert {
    condition     = length(output.model_store.public_keys) == 2 && output.model_store.signing_key_arn != null && output.model_store.publisher_role_arn != null
    error_message = "The outputs must name the signing key, the publisher's role and the keys that the scorer trusts."
  }

  assert {
    condition     = output.shadow_sink.name == "mill-shadow-predictions" && output.prediction_sink.name == "mill-predictions"
    error_message = "A shadow must have its own sink."
  }

  assert {
    condition     = output.evaluator.function_name == "mill-evaluator" && output.evaluator.outcomes_stream.name == "mill-outcomes" && output.evaluator.bucket == "mill-evaluation-123456789012-eu-west-1"
    error_message = "The outputs must name the evaluator, the stream of outcomes and the bucket with the results."
  }

  assert {
    condition     = local.drift == { DRIFT_BUCKET = "mill-evaluation-123456789012-eu-west-1", DRIFT_SECONDS = "60" }
    error_message = "The scorer must know where and how often to write its counts."
  }

  assert {
    condition     = keys(local.prediction_streams) == ["predictions", "shadow-predictions"]
    error_message = "The evaluator must read a shadow's predictions too, also where the sink's type is the default."
  }
}

run "no_package_for_the_evaluator" {
  command = plan

  variables {
    evaluator = {}
    packages  = { scorer = "./main.tf" }
  }

  expect_failures = [var.packages]
}

run "evaluator_without_a_stream_to_read" {
  command = plan

  variables {
    evaluator       = {}
    model           = { name = "../evil" }
    name            = "Mill_"
    prediction_sink = { type = "sqs" }
  }

  expect_failures = [var.evaluator, var.model, var.name]
}

run "the_queue_gets_what_the_stream_leaves" {
  command = plan

  variables {
    event_stream = { shards = 10, mapping = { parallelization_factor = 2 } }
    scorer       = { reserved_concurrency = 25 }
  }

  assert {
    condition     = output.sources.event_topic.concurrency == 5 && output.sources.event_topic.mapping.maximum_concurrency == 5
    error_message = "The queue's batches must fit into the reserved concurrency next to the stream's."
  }
}

run "less_concurrency_than_the_sources_use" {
  command = plan

  variables {
    event_stream = { shards = 10, mapping = { parallelization_factor = 2 } }
    scorer       = { reserved_concurrency = 21 } # the topic uses two at least
  }

  expect_failures = [output.scorer]
}

run "several_streams_and_a_queue" {
  command = plan

  variables {
    event_queue    = {}
    event_stream   = { shards = 2 }
    event_bot      = { existing = { arn = "arn:aws:lex:eu-west-1:123456789012:bot-alias/QC3TSG7YYP/TSTALIASID" } }
    event_bus      = {}
    event_objects  = {}
    event_schedule = { bucket_arn = "arn:aws:s3:::acme-events", prefix = "daily/", schedule = "rate(1 day)" }
    event_table    = { shards = 1 }
    event_streams  = { clicks = { shards = 1 }, orders = { existing = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders", shards = 3 } } }
    scorer         = { reserved_concurrency = 16 }
  }

  assert {
    condition     = { for name, source in output.sources : name => [source.type, source.concurrency] } == { event_bot = ["lex", 1], event_bus = ["eventbridge", 1], event_objects = ["s3", 1], event_schedule = ["schedule", 1], event_queue = ["sqs", 2], event_stream = ["kinesis", 2], event_stream_clicks = ["kinesis", 1], event_stream_orders = ["kinesis", 3], event_table = ["dynamodb", 1], event_topic = ["sns", 2] }
    error_message = "Every source must be in the map, and the queues must share the concurrency that the streams leave."
  }

  assert {
    condition     = contains(output.observability.alarms, "mill-scorer-queue-dead-letters")
    error_message = "The queue must bring the alarm of its dead letters."
  }
}

run "in_china" {
  command = plan

  override_data {
    target = data.aws_partition.current
    values = { dns_suffix = "amazonaws.com.cn", partition = "aws-cn" }
  }

  override_data {
    target = data.aws_region.current
    values = { id = "cn-north-1" }
  }

  assert {
    condition     = strcontains(output.encryption.key_policy, "logs.cn-north-1.amazonaws.com.cn") && !strcontains(output.encryption.key_policy, "arn:aws:")
    error_message = "Principals and ARNs must be the partition's."
  }

  assert {
    condition     = output.model_store.bucket == "mill-model-store-123456789012-cn-north-1" && local.account.kms_suffixes == tolist(["amazonaws.com", "amazonaws.com.cn"])
    error_message = "Names must hold the region, and services be known under both suffixes."
  }
}

run "in_govcloud" {
  command = plan

  override_data {
    target = data.aws_partition.current
    values = { dns_suffix = "amazonaws.com", partition = "aws-us-gov" }
  }

  override_data {
    target = data.aws_region.current
    values = { id = "us-gov-west-1" }
  }

  assert {
    condition     = strcontains(output.encryption.key_policy, "logs.us-gov-west-1.amazonaws.com") && strcontains(output.encryption.key_policy, "arn:aws-us-gov:logs:us-gov-west-1:") && !strcontains(output.encryption.key_policy, "arn:aws:")
    error_message = "Principals and ARNs must be the partition's."
  }
}

run "large_files_need_the_stacks_batch" {
  command = plan

  variables {
    event_objects = { batch = {} }
  }

  expect_failures = [var.event_objects]
}

run "large_files_are_scored_by_the_batch_of_the_stack" {
  command = plan

  variables {
    batch         = {}
    event_objects = { batch = {}, existing = { arn = "arn:aws:s3:::acme-events", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1" } }
    packages      = { batch = "./main.tf", scorer = "./main.tf" }
  }

  assert {
    condition     = module.batch[0].planned_arn == module.batch[0].source.arn && module.event_objects[0].environment.BATCH_STATE_MACHINE == module.batch[0].planned_arn && module.event_objects[0].bucket_arn == "arn:aws:s3:::acme-events"
    error_message = "The scorer must start the stack's own batch, which must be able to read the bucket."
  }
}

run "a_release_workflow_needs_an_evaluator" {
  command = plan

  variables {
    evaluator        = null
    packages         = { release = "./main.tf", scorer = "./main.tf" }
    release_workflow = {}
  }

  expect_failures = [var.release_workflow]
}

run "a_release_workflow_needs_its_package" {
  command = plan

  variables {
    evaluator        = {}
    prediction_sink  = { type = "kinesis" }
    release_workflow = {}
  }

  expect_failures = [var.packages]
}
