# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
locals {
  dead_letters = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.dead_letter.name }, statistic = "Maximum" }

  source = {
    type = "eventbridge"
    name = local.bus.name
    arn  = local.bus.arn

    delivery              = "direct"
    queue_url             = null
    dead_letter_queue_url = aws_sqs_queue.dead_letter.url

    mapping     = null
    concurrency = 1 # at least one
    policy      = null

    produce = [
      { Effect = "Allow", Action = ["events:PutEvents"], Resource = local.bus.arn },
    ]

    metrics = {
      arrivals     = { namespace = "AWS/Events", name = "MatchedEvents", dimensions = { RuleName = aws_cloudwatch_event_rule.events.name, EventBusName = local.bus.name }, label = "event bus" }
      wait         = [{ namespace = "AWS/Lambda", name = "AsyncEventAge", dimensions = { FunctionName = var.alias.function_name }, label = "event bus", right = false }]
      dead_letters = [merge(local.dead_letters, { label = "event bus" })]
    }

    alarms = {
      "scorer-bus-dead-letters" = {
        meaning = "Events are in the dead-letter queue of the event bus: EventBridge could not hand them to Lambda."
        runbook = "Batches in the on-failure store, and dead letters"
        metrics = { messages = local.dead_letters }
        above   = var.alarms.dead_letters
        missing = "notBreaching" # SQS emits nothing for a queue that has been empty and unused for six hours
      }
    }
  }
}
