# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
locals {
  label = var.label == null ? "event stream" : "event stream ${var.label}"
  wait  = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = var.alias.function_name }, statistic = "Maximum" }

  source = {
    type = "kinesis"
    name = local.stream.name
    arn  = local.stream.arn

    # Lambda polls it, and writes what it discards to the failure store.
    delivery              = null
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = var.mapping
    concurrency = local.shards * var.mapping.parallelization_factor
    policy      = local.policy

    produce = [
      { Effect = "Allow", Action = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"], Resource = local.stream.arn },
    ]

    metrics = {
      arrivals = { namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = local.stream.name }, label = local.label }
      wait     = var.label == null ? [merge(local.wait, { label = local.label })] : []
    }

    # The metric is the function's, so the first stream's alarm is for all.
    alarms = var.label != null ? {} : {
      # Lambda emits the age after each batch; without batches there is no data, and scorer-no-predictions covers that.
      "scorer-iterator-age" = {
        meaning = "Events waited in the event stream for more than ${var.alarms.iterator_age_seconds} s before they were scored."
        runbook = "The iterator age grows"
        metrics = { age = local.wait }
        above   = var.alarms.iterator_age_seconds * 1000
        missing = "notBreaching"
      }
    }
  }
}
