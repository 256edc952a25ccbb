# One endpoint with one or two production variants, each an image with its settings, and a share of the requests.
locals {
  instances = { for name, variant in var.variants : name => variant if variant.instances != null }
}

resource "aws_sagemaker_model" "this" {
  #checkov:skip=CKV_AWS_370:the server reads its model from S3 by itself, verifies it and follows the release, so it needs the network
  for_each = var.variants

  name               = "${var.name}-${each.key}-${substr(sha256(jsonencode([each.value.image, each.value.environment])), 0, 8)}"
  execution_role_arn = aws_iam_role.this.arn

  primary_container {
    image = each.value.image

    environment = merge(
      {
        ANONYMOUS            = "true" # SageMaker authorizes callers by IAM
        LOG_LEVEL            = var.log_level
        MODEL_BUCKET         = var.model_store.bucket
        MODEL_NAME           = var.model_store.name
        RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds)
        SERVICE_NAME         = "${var.name}-${each.key}"
      },
      length(var.model_store.public_keys) == 0 ? {} : { MODEL_PUBLIC_KEYS = join(",", var.model_store.public_keys) },
      each.value.environment,
    )
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnets            = vpc_config.value.subnet_ids
    }
  }

  # Endpoint configurations refer to it by name, so the new one must be there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  name_prefix = "${var.name}-"
  kms_key_arn = var.key_arn

  dynamic "production_variants" {
    for_each = var.variants

    content {
      variant_name           = production_variants.key
      initial_variant_weight = production_variants.value.weight
      initial_instance_count = try(production_variants.value.instances.least, null)
      instance_type          = try(production_variants.value.instances.type, null)
      model_name             = aws_sagemaker_model.this[production_variants.key].name

      dynamic "serverless_config" {
        for_each = production_variants.value.serverless == null ? [] : [production_variants.value.serverless]

        content {
          max_concurrency         = serverless_config.value.max_concurrency
          memory_size_in_mb       = serverless_config.value.memory_mb
          provisioned_concurrency = serverless_config.value.provisioned_concurrency
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint" "this" {
  name                 = var.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this.name

  # Instances are replaced a part at a time, and put back where an alarm fires.
  dynamic "deployment_config" {
    for_each = length(local.instances) > 0 ? [1] : []

    content {
      auto_rollback_configuration {
        dynamic "alarms" {
          for_each = [for key in sort(keys(local.alarms)) : "${var.name}-${key}" if startswith(key, "errors-")]

          content {
            alarm_name = alarms.value
          }
        }
      }

      blue_green_update_policy {
        termination_wait_in_seconds = 300

        traffic_routing_configuration {
          type                     = "CANARY"
          wait_interval_in_seconds = 300

          canary_size {
            type  = "CAPACITY_PERCENT"
            value = 25
          }
        }
      }
    }
  }
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.instances

  max_capacity       = each.value.instances.most
  min_capacity       = each.value.instances.least
  resource_id        = "endpoint/${aws_sagemaker_endpoint.this.name}/variant/${each.key}"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  service_namespace  = "sagemaker"
}

resource "aws_appautoscaling_policy" "invocations" {
  for_each = local.instances

  name               = "${var.name}-${each.key}-invocations"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace

  target_tracking_scaling_policy_configuration {
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    target_value       = each.value.instances.requests_per_minute

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }
}
