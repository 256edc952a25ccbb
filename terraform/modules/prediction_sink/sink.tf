# What the stack needs to know of a sink, in the form that all sinks share (modules/millrace/README.md).
locals {
  label = replace(trimsuffix(var.content, "s"), "-", " ") # "prediction" or "shadow prediction"

  metrics = {
    dynamodb = {
      accepted = { namespace = "AWS/DynamoDB", name = "ConsumedWriteCapacityUnits", dimensions = { TableName = local.created.name }, label = "${local.label} write units" }
      pressure = { namespace = "AWS/DynamoDB", name = "WriteThrottleEvents", dimensions = { TableName = local.created.name }, label = "${local.label} items throttled by the table" }
    }
    eventbridge = {
      accepted = { namespace = "AWS/Events", name = "PutEventsEntriesCount", dimensions = { EventBusName = local.created.name }, label = "${local.label} events" }
      pressure = { namespace = "AWS/Events", name = "ThrottledRules", dimensions = { EventBusName = local.created.name }, label = "rules of the bus that were throttled" }
    }
    firehose = {
      accepted = { namespace = "AWS/Firehose", name = "IncomingRecords", dimensions = { DeliveryStreamName = local.created.name }, label = "${local.label} records" }
      pressure = { namespace = "AWS/Firehose", name = "ThrottledRecords", dimensions = { DeliveryStreamName = local.created.name }, label = "${local.label} records throttled by the delivery stream" }
    }
    kinesis = {
      accepted = { namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = local.created.name }, label = "${local.label} records" }
      pressure = { namespace = "AWS/Kinesis", name = "WriteProvisionedThroughputExceeded", dimensions = { StreamName = local.created.name }, label = "${local.label} records throttled by the stream" }
    }
    sns = {
      accepted = { namespace = "AWS/SNS", name = "NumberOfMessagesPublished", dimensions = { TopicName = local.created.name }, label = "${local.label} messages" }
      pressure = { namespace = "AWS/SNS", name = "NumberOfNotificationsFailed", dimensions = { TopicName = local.created.name }, label = "${local.label} notifications that failed" }
    }
    sqs = {
      accepted = { namespace = "AWS/SQS", name = "NumberOfMessagesSent", dimensions = { QueueName = local.created.name }, label = "${local.label} messages" }
      pressure = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = local.created.name }, statistic = "Maximum", label = "${local.label} messages that wait for consumers" }
    }
  }

  sink = {
    type    = var.type
    name    = local.created.name
    arn     = local.created.arn
    target  = local.created.target
    policy  = local.policy
    consume = [{ Effect = "Allow", Action = local.read_actions[var.type], Resource = local.created.arn }]
    metrics = { for name, metric in local.metrics[var.type] : name => [metric] }
    alarms  = {} # a throttled sink delays batches: scorer-event-age and scorer-errors cover it
  }
}
