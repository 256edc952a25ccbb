resource "aws_cloudwatch_event_bus" "predictions" {
  count = var.type == "eventbridge" && var.existing == null ? 1 : 0

  name = "${var.name}-${var.content}"
}

locals {
  eventbridge = one([for bus in aws_cloudwatch_event_bus.predictions : {
    arn    = bus.arn
    name   = bus.name
    target = bus.arn
  }])
}
