# The stack from left to right, written from top to bottom: what arrives, what the scorer does with it, where it goes, what
# fails, the model, and how right it is. Below, each row is a section's head or its graphs; their places follow.
resource "aws_cloudwatch_dashboard" "flow" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = flatten([for number, row in local.rows : [for column, widget in row.widgets : merge(widget, {
      x      = column * 24 / length(row.widgets)
      y      = sum(concat([0], [for above in slice(local.rows, 0, number) : above.height]))
      width  = 24 / length(row.widgets)
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
    "Event stream and topic → scorer → ${local.sink.is}. What cannot be scored → quarantine; what Lambda gives up on → on-failure store and dead-letter queue. What to do: ${local.runbook["Where to look"]}.",
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
      yAxis   = { left = { min = 0, label = try(graph.unit, "a minute"), showUnits = false } }
    } } if try(graph.there, true)]
  }) if try(section.there, true)]

  # A link where it is known where the runbook can be read, else its section's name.
  runbook = { for name in distinct(flatten([["Where to look"], [for alarm in local.alarms : alarm.runbook], ["The sink is throttled"]])) :
    name => var.alarms.runbook_url == null ? "runbook, “${name}”" : "[${name}](${var.alarms.runbook_url}#${replace(lower(replace(name, "/[^A-Za-z0-9 -]/", "")), " ", "-")})"
  }
}
