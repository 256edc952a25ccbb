mock_provider "aws" {
  override_during = plan

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions" }
  }

  mock_resource "aws_cloudwatch_event_bus" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/mill-predictions" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/mill-predictions" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-predictions-123456789012-eu-west-1" }
  }

  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/mill-predictions" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mill-predictions" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill-predictions"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill-predictions"
    }
  }
}

variables {
  account   = { id = "123456789012", kms_suffixes = ["amazonaws.com"], region = "eu-west-1" }
  key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name      = "mill"
  role_name = "mill-scorer"
}

run "kinesis_is_the_default" {
  command = plan

  assert {
    condition     = length(aws_kinesis_stream.predictions) == 1 && length(aws_sns_topic.predictions) + length(aws_sqs_queue.predictions) == 0
    error_message = "There must be exactly one sink, by default a stream."
  }

  assert {
    condition     = aws_kinesis_stream.predictions[0].encryption_type == "KMS" && aws_kinesis_stream.predictions[0].kms_key_id == var.key_arn
    error_message = "The stream must be encrypted with the stack's own key."
  }

  assert {
    condition     = aws_kinesis_stream.predictions[0].retention_period == 24
    error_message = "The stream must keep predictions for a day by default."
  }

  assert {
    condition     = aws_kinesis_stream.predictions[0].stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "Without shards the stream must have on-demand capacity."
  }

  assert {
    condition     = aws_kinesis_stream.predictions[0].name == "mill-predictions" && aws_iam_role_policy.write.name == "prediction-sink"
    error_message = "The name must hold the name of the stack and what the sink receives."
  }

  assert {
    condition     = output.sink.target == aws_kinesis_stream.predictions[0].arn
    error_message = "The scorer writes to a stream by its ARN."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["kinesis:PutRecord", "kinesis:PutRecords"]
      Resource = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions"
    }]
    error_message = "The scorer may write to the stream and nothing else."
  }
}

run "sns" {
  command = plan

  variables {
    type = "sns"
  }

  assert {
    condition     = length(aws_sns_topic.predictions) == 1 && length(aws_kinesis_stream.predictions) + length(aws_sqs_queue.predictions) == 0
    error_message = "There must be exactly one sink: a topic."
  }

  assert {
    condition     = aws_sns_topic.predictions[0].kms_master_key_id == var.key_arn && output.sink.target == aws_sns_topic.predictions[0].arn
    error_message = "The topic must be encrypted with the stack's own key, and be the target by its ARN."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = "arn:aws:sns:eu-west-1:123456789012:mill-predictions"
    }]
    error_message = "The scorer may publish to the topic and nothing else."
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.tls_only[0].policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-west-1:123456789012:mill-predictions"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The topic must refuse what is published without TLS."
  }
}

run "sqs" {
  command = plan

  variables {
    type = "sqs"
  }

  assert {
    condition     = length(aws_sqs_queue.predictions) == 1 && length(aws_kinesis_stream.predictions) + length(aws_sns_topic.predictions) == 0
    error_message = "There must be exactly one sink: a queue."
  }

  assert {
    condition     = aws_sqs_queue.predictions[0].kms_master_key_id == var.key_arn && output.sink.target == aws_sqs_queue.predictions[0].url
    error_message = "The queue must be encrypted with the stack's own key, and be the target by its URL."
  }

  assert {
    condition     = aws_sqs_queue.predictions[0].message_retention_seconds == 1209600
    error_message = "The queue must keep predictions for 14 days by default."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = "arn:aws:sqs:eu-west-1:123456789012:mill-predictions"
    }]
    error_message = "The scorer may send to the queue and nothing else."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.tls_only[0].policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "arn:aws:sqs:eu-west-1:123456789012:mill-predictions"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }] && aws_sqs_queue_policy.tls_only[0].queue_url == aws_sqs_queue.predictions[0].url
    error_message = "The queue must refuse every call without TLS."
  }
}

run "firehose" {
  command = plan

  variables {
    type = "firehose"
  }

  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.predictions) == 1 && length(aws_kinesis_stream.predictions) == 0
    error_message = "There must be exactly one sink: a delivery stream."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.predictions[0].extended_s3_configuration[0].kms_key_arn == var.key_arn && aws_kinesis_firehose_delivery_stream.predictions[0].server_side_encryption[0].key_arn == var.key_arn
    error_message = "What Firehose holds and what it writes must be encrypted with the stack's own key."
  }

  assert {
    condition     = module.delivered[0].protection == { expire_days = { "errors/" = 90, "predictions/" = 90 }, key_arn = var.key_arn, noncurrent_days = { noncurrent = 1 } }
    error_message = "All that Firehose writes must be encrypted with the stack's own key, and be deleted after its days."
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.firehose[0].policy).Statement : s.Resource != "*"]) && jsondecode(aws_iam_role.firehose[0].assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Firehose may write to its bucket only, for this account only."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["firehose:PutRecordBatch"]
      Resource = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/mill-predictions"
    }]
    error_message = "The scorer may write to the delivery stream and nothing else."
  }
}

run "kept_for_as_long_as_was_set" {
  command = plan

  variables {
    content  = "shadow-predictions"
    firehose = { keep_days = 7 }
    type     = "firehose"
  }

  assert {
    condition     = module.delivered[0].protection.expire_days == { "errors/" = 7, "shadow-predictions/" = 7 }
    error_message = "The days must be the ones that were set."
  }
}

run "eventbridge" {
  command = plan

  variables {
    type = "eventbridge"
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.predictions) == 1 && output.sink.target == aws_cloudwatch_event_bus.predictions[0].arn
    error_message = "There must be a bus, which is the target by its ARN."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["events:PutEvents"]
      Resource = "arn:aws:events:eu-west-1:123456789012:event-bus/mill-predictions"
    }]
    error_message = "The scorer may put events on the bus and nothing else."
  }
}

run "dynamodb" {
  command = plan

  variables {
    type = "dynamodb"
  }

  assert {
    condition     = aws_dynamodb_table.predictions[0].hash_key == "prediction_id" && aws_dynamodb_table.predictions[0].server_side_encryption[0].kms_key_arn == var.key_arn
    error_message = "There must be a table by prediction id, encrypted with the stack's own key."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.write.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem"]
      Resource = "arn:aws:dynamodb:eu-west-1:123456789012:table/mill-predictions"
    }]
    error_message = "The scorer may put items and nothing else."
  }
}

run "existing_bus" {
  command = plan

  variables {
    existing = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/default" }
    type     = "eventbridge"
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.predictions) == 0 && output.sink.name == "default" && output.sink.target == "arn:aws:events:eu-west-1:123456789012:event-bus/default"
    error_message = "The scorer must put events on the bus that exists."
  }
}

run "limits_of_firehose" {
  command = plan

  variables {
    firehose = { buffer_mib = 129, compression = "ZIP", keep_days = 0 }
    type     = "firehose"
  }

  expect_failures = [var.firehose]
}

run "shadow" {
  command = plan

  variables {
    content = "shadow-predictions"
  }

  assert {
    condition     = aws_kinesis_stream.predictions[0].name == "mill-shadow-predictions" && aws_iam_role_policy.write.name == "shadow-prediction-sink"
    error_message = "A shadow's sink must not collide with the sink of the predictions."
  }
}

run "unknown_content_and_type_and_no_shards" {
  command = plan

  variables {
    content = "logs"
    kinesis = { shards = 0 }
    type    = "pigeon"
  }

  expect_failures = [var.content, var.kinesis, var.type]
}

run "kept_too_long" {
  command = plan

  variables {
    kinesis = { retention_hours = 8761 }
    sqs     = { retention_seconds = 1209601 }
  }

  expect_failures = [var.kinesis, var.sqs]
}

run "visibility_too_long" {
  command = plan

  variables {
    sqs = { visibility_seconds = 43201 }
  }

  expect_failures = [var.sqs]
}

run "aggregation_is_off_by_default" {
  command = plan

  assert {
    condition     = length(output.settings) == 0
    error_message = "Aggregated records must be opt-in for consumers, and requests JSON."
  }
}

run "aggregates_into_ranges" {
  command = plan

  variables {
    kinesis = { aggregate_ranges = 16 }
  }

  assert {
    condition     = output.settings == tomap({ AGGREGATE_RANGES = "16" })
    error_message = "The number of ranges must reach the scorer."
  }
}

run "aggregates_in_kinesis_only" {
  command = plan

  variables {
    kinesis = { aggregate_ranges = 16 }
    type    = "sqs"
  }

  assert {
    condition     = length(output.settings) == 0
    error_message = "SNS and SQS have no aggregated records."
  }
}

run "requests_in_cbor" {
  command = plan

  variables {
    kinesis = { wire = "cbor" }
  }

  assert {
    condition     = output.settings == tomap({ WIRE = "cbor" })
    error_message = "The form of requests must reach the scorer."
  }
}

run "no_other_form_of_requests" {
  command = plan

  variables {
    kinesis = { wire = "xml" }
  }

  expect_failures = [var.kinesis]
}

run "too_many_ranges" {
  command = plan

  variables {
    kinesis = { aggregate_ranges = 257 }
  }

  expect_failures = [var.kinesis]
}

run "sink" {
  command = plan

  variables {
    type = "sqs"
  }

  assert {
    condition     = output.sink.type == "sqs" && output.sink.name == "mill-predictions" && output.sink.arn == aws_sqs_queue.predictions[0].arn && output.sink.policy == aws_iam_role_policy.write.policy
    error_message = "The sink must describe the queue and what writing to it needs."
  }

  assert {
    condition     = output.sink.metrics.accepted[0].name == "NumberOfMessagesSent" && output.sink.metrics.pressure[0].dimensions == { QueueName = "mill-predictions" }
    error_message = "The sink must bring the metrics of its own type."
  }
}

run "existing_queue" {
  command = plan

  variables {
    existing   = { arn = "arn:aws-cn:sqs:cn-north-1:210987654321:scores", key_arn = "arn:aws-cn:kms:cn-north-1:210987654321:key/1" }
    dns_suffix = "amazonaws.com.cn"
    type       = "sqs"
  }

  assert {
    condition     = length(aws_sqs_queue.predictions) == 0 && output.sink.name == "scores" && output.sink.target == "https://sqs.cn-north-1.amazonaws.com.cn/210987654321/scores"
    error_message = "The scorer must write to the queue that exists, by its URL."
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.write.policy).Statement : s.Resource] == ["arn:aws-cn:sqs:cn-north-1:210987654321:scores", "arn:aws-cn:kms:cn-north-1:210987654321:key/1"]
    error_message = "The scorer may write to that queue, and use its key."
  }
}

run "existing_stream" {
  command = plan

  variables {
    existing = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/scores" }
  }

  assert {
    condition     = length(aws_kinesis_stream.predictions) == 0 && output.sink.name == "scores" && output.sink.target == "arn:aws:kinesis:eu-west-1:123456789012:stream/scores"
    error_message = "The scorer must write to the stream that exists, by its ARN."
  }
}

run "existing_of_another_type" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sqs:eu-west-1:123456789012:scores" }
  }

  expect_failures = [var.existing]
}
