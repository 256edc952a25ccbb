locals {
  balanced = { LoadBalancer = aws_lb.this.arn_suffix }
  targeted = merge(local.balanced, { TargetGroup = aws_lb_target_group.this.arn_suffix })

  alarms = {
    # The load balancer's own 502 and 503 too: a request that no task answered.
    errors = {
      meaning    = "More than ${var.alarms.errors} requests in a minute were answered with 5xx, by tasks or for lack of one."
      expression = "FILL(target, 0) + FILL(balancer, 0)"
      metrics = {
        balancer = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", dimensions = local.balanced, statistic = "Sum" }
        target   = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", dimensions = local.targeted, statistic = "Sum" }
      }
      above   = var.alarms.errors
      periods = 1
    }

    latency = {
      meaning    = "One request of a hundred takes a task more than ${var.alarms.latency_seconds} s."
      expression = "latency"
      metrics    = { latency = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", dimensions = local.targeted, statistic = "p99" } }
      above      = var.alarms.latency_seconds
      periods    = 3
    }

    # A task that is replaced is unhealthy for a moment.
    unhealthy = {
      meaning    = "A task has been unhealthy for three minutes: it has no verified model, or does not answer."
      expression = "unhealthy"
      metrics    = { unhealthy = { namespace = "AWS/ApplicationELB", name = "UnHealthyHostCount", dimensions = local.targeted, statistic = "Minimum" } }
      above      = 0
      periods    = 3
    }

    limit = {
      meaning    = "The service has wanted its maximum of ${var.scaling.most} tasks for ten minutes: it cannot scale further."
      expression = "desired"
      metrics = { desired = {
        namespace  = "ECS/ContainerInsights", name = "DesiredTaskCount", statistic = "Minimum",
        dimensions = { ClusterName = aws_ecs_cluster.this.name, ServiceName = aws_ecs_service.this.name }
      } }
      above   = var.scaling.most - 1
      periods = 10
    }

    release = {
      meaning    = "A release failed verification; tasks keep serving the last good one, new tasks what is left of this one."
      expression = "refused"
      metrics    = { refused = { namespace = "Millrace", name = "ReleaseRefused", dimensions = { ServiceName = var.name }, statistic = "Sum" } }
      above      = 0
      periods    = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_actions       = var.alarm_topic_arns
  alarm_description   = "${each.value.meaning} What to do: docs/container.md, Alarms."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = each.value.periods
  ok_actions          = var.alarm_topic_arns
  threshold           = each.value.above
  treat_missing_data  = "notBreaching" # no requests, or no tasks yet

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == metric_query.key

      metric {
        dimensions  = metric_query.value.dimensions
        metric_name = metric_query.value.name
        namespace   = metric_query.value.namespace
        period      = 60
        stat        = metric_query.value.statistic
      }
    }
  }

  dynamic "metric_query" {
    for_each = length(each.value.metrics) > 1 ? [each.value.expression] : []

    content {
      id          = "result"
      expression  = metric_query.value
      return_data = true
    }
  }
}
