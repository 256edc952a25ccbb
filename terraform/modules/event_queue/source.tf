# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
locals {
  source = {
    type = "sqs"
    name = local.events.name
    arn  = local.events.arn

    delivery              = null
    queue_url             = local.events.url
    dead_letter_queue_url = local.events.dead_letter_url

    mapping     = module.mapping.mapping
    concurrency = module.mapping.mapping.maximum_concurrency
    policy      = module.mapping.policy

    produce = [
      { Effect = "Allow", Action = ["sqs:GetQueueUrl", "sqs:SendMessage"], Resource = local.events.arn },
    ]

    metrics = merge(module.mapping.metrics, {
      arrivals     = { namespace = "AWS/SQS", name = "NumberOfMessagesSent", dimensions = { QueueName = local.events.name }, label = "event queue" }
      dead_letters = [for metric in local.dead_letters : merge(metric, { label = "event queue" })]
    })

    alarms = length(local.dead_letters) == 0 ? {} : {
      "scorer-queue-dead-letters" = {
        meaning = "Messages are in the dead-letter queue of the event queue: the scorer failed them too many times."
        runbook = "Batches in the on-failure store, and dead letters"
        metrics = { messages = local.dead_letters[0] }
        above   = var.alarms.dead_letters
        missing = "notBreaching" # SQS emits nothing for a queue that has been empty and unused for six hours
      }
    }
  }

  # None where the owner of an existing queue did not name it: whether there is one must be known while planning.
  dead_letters = [for name in var.existing == null ? [local.events.dead_letter] : try(var.existing.dead_letter_queue_url, null) == null ? [] : [local.events.dead_letter] :
    { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, statistic = "Maximum" }
  ]
}
