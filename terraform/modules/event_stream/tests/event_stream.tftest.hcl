mock_provider "aws" {
  override_during = plan

  mock_resource "aws_kinesis_stream_consumer" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-events/consumer/mill-scorer:1" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-events" }
  }
}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  failure_arn = "arn:aws:s3:::mill-failure-store-123456789012"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  role_name   = "mill-scorer"
}

run "safe_defaults" {
  command = plan

  assert {
    condition     = aws_kinesis_stream.events[0].encryption_type == "KMS" && aws_kinesis_stream.events[0].kms_key_id == var.key_arn
    error_message = "The stream must be encrypted with the stack's own key."
  }

  assert {
    condition     = aws_kinesis_stream.events[0].retention_period == 48
    error_message = "The stream must keep events for two days by default."
  }

  assert {
    condition     = aws_kinesis_stream.events[0].stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "Without shards the stream must have on-demand capacity."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.function_name == var.alias.arn
    error_message = "The mapping must call the alias, so that versions can be swapped and rolled back."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "The scorer must be able to report the records that failed."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.bisect_batch_on_function_error
    error_message = "A failing batch must be bisected until the bad record is isolated."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.maximum_retry_attempts == 10 && aws_lambda_event_source_mapping.events.maximum_record_age_in_seconds == 21600
    error_message = "Retries and record age must be finite."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.destination_config[0].on_failure[0].destination_arn == var.failure_arn
    error_message = "Discarded batches must go to the failure store."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.starting_position == "TRIM_HORIZON"
    error_message = "The mapping must start at the oldest event, or events that arrived before it are lost."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.read.policy).Statement[0].Resource == aws_kinesis_stream.events[0].arn
    error_message = "The scorer may read this stream only."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.read.policy, "*") && !strcontains(aws_iam_role_policy.read.policy, "kinesis:Put")
    error_message = "The scorer may read the stream, not write to it, and no wildcard may allow more."
  }
}

run "settings_reach_the_mapping" {
  command = plan

  variables {
    alarms          = { iterator_age_seconds = 30 }
    retention_hours = 24
    shards          = 4
    mapping = {
      batch_size             = 5000
      maximum_retry_attempts = 0
      parallelization_factor = 10
      record_age_seconds     = 60
      starting_position      = "LATEST"
      window_seconds         = 0
    }
  }

  assert {
    condition     = aws_kinesis_stream.events[0].stream_mode_details[0].stream_mode == "PROVISIONED" && aws_kinesis_stream.events[0].shard_count == 4
    error_message = "With a number of shards, the stream must be provisioned."
  }

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.events.batch_size == 5000,
      aws_lambda_event_source_mapping.events.maximum_batching_window_in_seconds == 0,
      aws_lambda_event_source_mapping.events.maximum_record_age_in_seconds == 60,
      aws_lambda_event_source_mapping.events.maximum_retry_attempts == 0,
      aws_lambda_event_source_mapping.events.parallelization_factor == 10,
      aws_lambda_event_source_mapping.events.starting_position == "LATEST",
    ])
    error_message = "Each member of mapping must reach the mapping as set."
  }
}

run "source" {
  command = plan

  variables {
    alarms  = { iterator_age_seconds = 90 }
    mapping = { parallelization_factor = 2 }
  }

  assert {
    condition     = output.source.type == "kinesis" && output.source.name == "mill-events" && output.source.arn == aws_kinesis_stream.events[0].arn && output.source.policy == aws_iam_role_policy.read.policy
    error_message = "The source must describe the stream and what reading it needs."
  }

  assert {
    condition     = output.source.concurrency == 8
    error_message = "An on-demand stream starts with 4 shards, each with as many batches as its factor."
  }

  assert {
    condition     = output.source.alarms["scorer-iterator-age"].above == 90000 && output.source.metrics.arrivals.dimensions == { StreamName = "mill-events" }
    error_message = "The source must bring its alarm, with the threshold that was set, and the metric that counts what arrives."
  }
}

run "attached_to_a_stream_that_exists" {
  command = plan

  variables {
    existing = { arn = "arn:aws:kinesis:eu-west-1:210987654321:stream/orders", key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1", shards = 3 }
  }

  assert {
    condition     = length(aws_kinesis_stream.events) == 0 && aws_lambda_event_source_mapping.events.event_source_arn == "arn:aws:kinesis:eu-west-1:210987654321:stream/orders"
    error_message = "The mapping must read the stream that exists, and no other may be made."
  }

  assert {
    condition     = output.source.name == "orders" && output.source.concurrency == 3 && output.source.metrics.arrivals.dimensions == { StreamName = "orders" }
    error_message = "The source must describe the stream that exists."
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.read.policy).Statement : s.Resource] == ["arn:aws:kinesis:eu-west-1:210987654321:stream/orders", "arn:aws:kms:eu-west-1:210987654321:key/1"]
    error_message = "The scorer may read that stream, and decrypt with its key."
  }
}

run "enhanced_fan_out_from_a_point_in_time" {
  command = plan

  variables {
    mapping = {
      enhanced_fan_out            = true
      filters                     = ["{\"partitionKey\":[{\"prefix\":\"eu-\"}]}"]
      starting_position           = "AT_TIMESTAMP"
      starting_position_timestamp = "2026-11-28T09:00:00Z"
    }
  }

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.events.event_source_arn == aws_kinesis_stream_consumer.scorer[0].arn,
      aws_lambda_event_source_mapping.events.starting_position_timestamp == "2026-11-28T09:00:00Z",
      one(aws_lambda_event_source_mapping.events.filter_criteria[0].filter).pattern == "{\"partitionKey\":[{\"prefix\":\"eu-\"}]}",
    ])
    error_message = "The mapping must read through its own consumer, from the time that was set, what the filter lets through."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.read.policy).Statement[1] == { Action = ["kinesis:SubscribeToShard"], Effect = "Allow", Resource = aws_kinesis_stream_consumer.scorer[0].arn }
    error_message = "The scorer may subscribe through its own consumer only."
  }
}

run "another_stream_of_the_stack" {
  command = plan

  variables {
    label   = "clicks"
    mapping = { enhanced_fan_out = true }
  }

  assert {
    condition     = aws_kinesis_stream.events[0].name == "mill-events-clicks" && aws_kinesis_stream_consumer.scorer[0].name == "mill-scorer-clicks" && aws_iam_role_policy.read.name == "event-stream-clicks"
    error_message = "Names must not collide with those of the first stream."
  }

  assert {
    condition     = length(output.source.alarms) == 0 && length(output.source.metrics.wait) == 0 && output.source.metrics.arrivals.label == "event stream clicks"
    error_message = "The iterator age is a metric of the function, so the first stream's alarm is for all."
  }
}
