# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
locals {
  source = {
    type = "sns"
    name = local.topic.name
    arn  = local.topic.arn

    delivery              = var.delivery
    queue_url             = one(aws_sqs_queue.events[*].url)
    dead_letter_queue_url = aws_sqs_queue.dead_letter.url # with direct delivery, of what SNS could not deliver

    mapping     = one(module.mapping[*].mapping)
    concurrency = local.queued ? module.mapping[0].mapping.maximum_concurrency : 1 # direct: at least one
    policy      = one(module.mapping[*].policy)

    produce = [
      { Effect = "Allow", Action = ["sns:Publish"], Resource = local.topic.arn },
    ]

    metrics = {
      arrivals = { namespace = "AWS/SNS", name = "NumberOfMessagesPublished", dimensions = { TopicName = local.topic.name }, label = "event topic" }

      wait = local.queued ? module.mapping[0].metrics.wait : [
        { namespace = "AWS/Lambda", name = "AsyncEventAge", dimensions = { FunctionName = var.alias.function_name }, label = "event topic", right = false },
      ]

      backlog = flatten(module.mapping[*].metrics.backlog)

      dead_letters = [merge(local.dead_letters, { label = "event topic" })]
    }

    alarms = {
      # The only dead-letter queue of a stack. It stays in ALARM until the queue is empty again.
      "scorer-dead-letters" = {
        meaning = "Messages are in the dead-letter queue: the scorer failed them too many times, or SNS could not deliver them."
        runbook = "Batches in the on-failure store, and dead letters"
        metrics = { messages = local.dead_letters }
        above   = var.alarms.dead_letters
        missing = "notBreaching" # SQS emits nothing for a queue that has been empty and unused for six hours
      }
    }
  }

  dead_letters = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.dead_letter.name }, statistic = "Maximum" }
}
