output "settings" {
  description = "What the scorer gets of this type of sink beyond its defaults, by the names that follow PREDICTION_SINK_."
  value = var.type != "kinesis" ? {} : merge(
    var.kinesis.aggregate_ranges == 0 ? {} : { AGGREGATE_RANGES = tostring(var.kinesis.aggregate_ranges) },
    var.kinesis.wire == "json" ? {} : { WIRE = var.kinesis.wire },
  )
}

output "sink" {
  description = "The sink: type, name, arn, target (what the scorer writes to: stream ARN, topic ARN or queue URL), policy, metrics and alarms. Known once the scorer may write to it, over TLS only."
  value       = local.sink
  depends_on  = [aws_iam_role_policy.write, aws_sns_topic_policy.tls_only, aws_sqs_queue_policy.tls_only]
}
