mock_provider "aws" {
  override_during = plan

  mock_resource "aws_kms_key" {
    defaults = {
      arn    = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      key_id = "11111111-2222-3333-4444-555555555555"
    }
  }
}

variables {
  account   = { dns_suffix = "amazonaws.com", kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
  name      = "mill"
  role_name = "mill-scorer"
}

run "key_rotates_and_is_open_to_few" {
  command = plan

  assert {
    condition     = aws_kms_key.millrace[0].enable_key_rotation && aws_kms_key.millrace[0].deletion_window_in_days == 30
    error_message = "The key must rotate, and a destroyed key must be recoverable for as long as KMS allows."
  }

  assert {
    condition     = aws_kms_alias.millrace[0].name == "alias/mill"
    error_message = "The alias must have the name of the stack."
  }

  assert {
    condition     = [for s in jsondecode(aws_kms_key.millrace[0].policy).Statement : s.Sid] == ["Account", "EventTopic", "Alarms", "Logs"]
    error_message = "The key policy must name the account, SNS, CloudWatch and CloudWatch Logs only."
  }

  assert {
    condition     = !anytrue([for s in jsondecode(aws_kms_key.millrace[0].policy).Statement : can(regex("\"\\*\"", jsonencode(s.Principal)))])
    error_message = "No statement of the key policy may be open to every principal."
  }

  assert {
    condition = jsondecode(aws_kms_key.millrace[0].policy).Statement[1].Condition == {
      ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:123456789012:mill-events" }
    }
    error_message = "SNS may use the key only for this stack's event topic, and no condition may be on what SNS does not send."
  }

  assert {
    condition = jsondecode(aws_kms_key.millrace[0].policy).Statement[2].Condition == {
      ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mill-*" }
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "CloudWatch may use the key only for this stack's alarms."
  }

  assert {
    condition = jsondecode(aws_kms_key.millrace[0].policy).Statement[3].Condition == {
      ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-scorer"] }
    }
    error_message = "CloudWatch Logs may use the key only for the scorer's log group."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Action == ["kms:Decrypt", "kms:GenerateDataKey"]
    error_message = "The scorer may decrypt and generate data keys, and nothing else."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == aws_kms_key.millrace[0].arn
    error_message = "The scorer may use this key only."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.use.policy).Statement[0].Condition.StringEquals["kms:ViaService"], "sqs.eu-west-1.amazonaws.com")
    error_message = "The scorer may use the key only through the services that it calls."
  }
}

run "logs_of_more_functions" {
  command = plan

  variables {
    functions = ["scorer", "evaluator"]
  }

  assert {
    condition = jsondecode(aws_kms_key.millrace[0].policy).Statement[3].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] == [
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-scorer",
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-evaluator",
    ]
    error_message = "CloudWatch Logs must be able to use the key for the log group of every function."
  }
}

run "deletion_window_too_short" {
  command = plan

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}

run "other_partitions" {
  command = plan

  variables {
    account = { dns_suffix = "amazonaws.com.cn", kms_suffixes = ["amazonaws.com", "amazonaws.com.cn"], id = "123456789012", partition = "aws-cn", region = "cn-north-1" }
  }

  assert {
    condition     = jsondecode(aws_kms_key.millrace[0].policy).Statement[3].Principal == { Service = "logs.cn-north-1.amazonaws.com.cn" }
    error_message = "The regional principal of CloudWatch Logs must have the partition's suffix."
  }

  assert {
    condition     = alltrue([for arn in jsondecode(aws_kms_key.millrace[0].policy).Statement[3].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] : startswith(arn, "arn:aws-cn:logs:cn-north-1:")])
    error_message = "ARNs must be in the partition."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.use.policy).Statement[0].Condition.StringEquals["kms:ViaService"], "sqs.cn-north-1.amazonaws.com.cn")
    error_message = "Services must be allowed under the partition's suffix."
  }
}

run "existing_key" {
  command = plan

  variables {
    existing  = { key_arn = "arn:aws:kms:eu-west-1:123456789012:key/other" }
    topic_arn = "arn:aws:sns:eu-west-1:210987654321:orders"
  }

  assert {
    condition     = length(aws_kms_key.millrace) + length(aws_kms_alias.millrace) == 0 && output.key_arn == "arn:aws:kms:eu-west-1:123456789012:key/other" && jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == "arn:aws:kms:eu-west-1:123456789012:key/other"
    error_message = "The scorer must use the key that exists, and no other may be made."
  }

  assert {
    condition     = jsondecode(output.key_policy).Statement[1].Condition == { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:210987654321:orders" } }
    error_message = "The output must have the statements that the key's policy needs, for the topic that exists."
  }
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    existing = { key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/shared" }
  }

  expect_failures = [var.existing]
}
