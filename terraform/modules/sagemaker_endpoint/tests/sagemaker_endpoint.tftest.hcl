mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/web" }
  }
}

variables {
  key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
  model_store    = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions" }
  name           = "web"
  region         = "eu-west-1"
  repository_arn = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
  variants = { main = {
    image     = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    instances = {}
  } }
}

run "instances_scale_and_roll_back" {
  assert {
    condition     = aws_appautoscaling_target.this["main"].resource_id == "endpoint/web/variant/main"
    error_message = "The variant must scale."
  }
  assert {
    condition     = join(" ", [for one in aws_sagemaker_endpoint.this.deployment_config[0].auto_rollback_configuration[0].alarms : one.alarm_name]) == "web-errors-main"
    error_message = "A deployment with errors must be rolled back."
  }
  assert {
    condition     = join(" ", sort(keys(aws_cloudwatch_metric_alarm.this))) == "errors-main latency-main"
    error_message = "Each alarm must be there."
  }
}

run "two_serverless_variants_by_weight" {
  variables {
    variants = {
      main = { image = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", serverless = {}, weight = 9 }
      next = { image = "web@sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", serverless = { memory_mb = 3072 } }
    }
  }

  assert {
    condition     = join(" ", [for one in aws_sagemaker_endpoint_configuration.this.production_variants : "${one.variant_name}=${one.initial_variant_weight}"]) == "main=9 next=1"
    error_message = "Each variant must have its weight."
  }
  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && length(aws_sagemaker_endpoint.this.deployment_config) == 0
    error_message = "Serverless variants scale by themselves."
  }
  assert {
    condition     = aws_sagemaker_model.this["main"].name != aws_sagemaker_model.this["next"].name
    error_message = "Each variant must have a model of its own."
  }
}

run "the_key_is_used_through_s3_only" {
  command = plan

  assert {
    condition     = [for statement in data.aws_iam_policy_document.this.statement : [for one in statement.condition : "${one.variable} ${join(",", one.values)}"] if contains(statement.actions, "kms:Decrypt")] == [["kms:ViaService s3.eu-west-1.amazonaws.com"]]
    error_message = "The model store's key must be used through S3 only."
  }
}

run "what_the_stack_signs_is_verified" {
  command = plan

  variables {
    model_store = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions", public_keys = ["MFkw1", "MFkw2"] }
  }

  assert {
    condition     = aws_sagemaker_model.this["main"].primary_container[0].environment["MODEL_PUBLIC_KEYS"] == "MFkw1,MFkw2"
    error_message = "A model must have a signature by one of the stack's keys."
  }
}
