mock_provider "aws" {
  override_during = plan

  override_resource {
    target = aws_dynamodb_table.events
    values = {
      arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/mill-events"
      stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/mill-events/stream/2026-11-28T00:00:00.000"
    }
  }
}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  failure_arn = "arn:aws:s3:::mill-failures"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  role_name   = "mill-scorer"
}

run "a_table_of_the_stack" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.events[0].server_side_encryption[0].kms_key_arn == var.key_arn && aws_dynamodb_table.events[0].stream_view_type == "NEW_IMAGE"
    error_message = "The table must be encrypted with the stack's own key, and its stream must have the new images."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.events.bisect_batch_on_function_error && aws_lambda_event_source_mapping.events.maximum_retry_attempts == 10 && aws_lambda_event_source_mapping.events.function_response_types == toset(["ReportBatchItemFailures"]) && aws_lambda_event_source_mapping.events.destination_config[0].on_failure[0].destination_arn == var.failure_arn
    error_message = "A bad record must be isolated, retried a finite number of times, and kept in the failure store."
  }

  assert {
    condition     = [for filter in one(aws_lambda_event_source_mapping.events.filter_criteria).filter : jsondecode(filter.pattern)] == [{ eventName = ["INSERT", "MODIFY"] }]
    error_message = "Removed items are no events; no filter may be on data."
  }

  assert {
    condition     = output.source.type == "dynamodb" && output.source.name == "mill-events" && output.source.concurrency == 4 && output.source.arn == aws_dynamodb_table.events[0].stream_arn
    error_message = "The source must describe the table's stream."
  }
}

run "an_existing_table" {
  command = plan

  variables {
    existing = { stream_arn = "arn:aws:dynamodb:eu-west-1:210987654321:table/orders/stream/2026-01-01T00:00:00.000", key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1" }
  }

  assert {
    condition     = length(aws_dynamodb_table.events) == 0 && output.source.name == "orders" && output.source.produce[0].Resource == "arn:aws:dynamodb:eu-west-1:210987654321:table/orders"
    error_message = "The stack must read the table that exists, and change nothing of it."
  }

  assert {
    condition     = [for s in jsondecode(output.source.policy).Statement : s.Resource] == ["arn:aws:dynamodb:eu-west-1:210987654321:table/orders/stream/2026-01-01T00:00:00.000", "*", "arn:aws:kms:eu-west-1:210987654321:key/1"]
    error_message = "The scorer may read that stream, and decrypt with its key."
  }
}
