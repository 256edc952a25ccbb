# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
locals {
  source = {
    type = "dynamodb"
    name = local.stream.name
    arn  = local.stream.arn

    # Lambda polls it, and writes what it discards to the failure store.
    delivery              = null
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = var.mapping
    concurrency = var.shards * var.mapping.parallelization_factor
    policy      = local.policy

    produce = [
      { Effect = "Allow", Action = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], Resource = local.stream.table_arn },
    ]

    # How long changes wait is in the function's IteratorAge, which the event stream brings, with its alarm.
    metrics = {
      arrivals = { namespace = "AWS/DynamoDB", name = "ConsumedWriteCapacityUnits", dimensions = { TableName = local.stream.name }, label = "event table, write units" }
    }

    alarms = {}
  }
}
