# The flow of events from top to bottom: what arrives, the scorer, the sinks, what fails, the model, its quality. Each row is
# a section's heading or its graphs; positions follow from the order.
resource "aws_cloudwatch_dashboard" "flow" {
  dashboard_name = "${var.name}-${var.account.region}" # names of dashboards are global

  dashboard_body = jsonencode({
    widgets = flatten([for number, row in local.rows : [for column, widget in row.widgets : merge(widget, {
      x      = column * floor(24 / length(row.widgets))
      y      = sum(concat([0], [for above in slice(local.rows, 0, number) : above.height]))
      width  = floor(24 / length(row.widgets))
      height = row.height
    })]])
  })
}

locals {
  rows = concat(
    [
      { height = 2, widgets = [local.head] },
      { height = 4, widgets = [local.alarm_states] },
    ],
    flatten([for section in local.sections : [
      { height = 1, widgets = [section.head] },
      { height = 6, widgets = section.graphs },
    ]]),
  )

  head = { type = "text", properties = { background = "transparent", markdown = join("\n", [
    "# ${var.name}",
    "${join(", ", [for key in keys(var.sources) : replace(key, "_", " ")])} → scorer → ${join(", ", [for key, sink in var.sinks : "${replace(key, "_", " ")} (${sink.type})"])}. Events that cannot be scored → quarantine; batches and messages that are discarded after the last retry → failure store and dead-letter queue. What to do: ${local.runbook["Where to look"]}.",
  ]) } }

  alarm_states = { type = "alarm", properties = {
    title  = "Alarms"
    alarms = [for alarm in aws_cloudwatch_metric_alarm.alarm : alarm.arn]
  } }

  sections = [for section in local.all_sections : merge(section, {
    head = { type = "text", properties = { background = "transparent", markdown = "## ${section.title} · ${join(" · ", [for name in section.runbook : local.runbook[name]])}" } }
    graphs = [for graph in section.graphs : { type = "metric", properties = {
      title   = graph.title
      region  = var.account.region
      view    = "timeSeries"
      stacked = try(graph.stacked, false)
      period  = 60
      stat    = try(graph.stat, "Sum")
      metrics = graph.metrics
      yAxis   = { left = { min = 0, label = try(graph.unit, "per minute"), showUnits = false } }
    } } if try(graph.there, true)]
  }) if try(section.there, true)]

  # A link where the runbook's address is set, else the section's name.
  runbook = { for name in distinct(flatten([["Where to look"], [for section in local.all_sections : section.runbook]])) :
    name => var.alarms.runbook_url == null ? "runbook, “${name}”" : "[${name}](${var.alarms.runbook_url}#${replace(lower(replace(name, "/[^A-Za-z0-9 -]/", "")), " ", "-")})"
  }
}
