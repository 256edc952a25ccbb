# Alarms that stood beside what they watch. Moved and not made anew: a new one of the same name would be deleted with the old.

moved {
  from = module.scorer.aws_cloudwatch_metric_alarm.release_refused
  to   = module.observability.aws_cloudwatch_metric_alarm.alarm["scorer-release-refused"]
}

moved {
  from = module.scorer.aws_cloudwatch_metric_alarm.release_stale
  to   = module.observability.aws_cloudwatch_metric_alarm.alarm["scorer-release-stale"]
}

moved {
  from = module.evaluator[0].aws_cloudwatch_metric_alarm.not_done
  to   = module.observability.aws_cloudwatch_metric_alarm.alarm["evaluator-not-done"]
}

moved {
  from = module.evaluator[0].aws_cloudwatch_metric_alarm.outcomes_quarantined
  to   = module.observability.aws_cloudwatch_metric_alarm.alarm["evaluator-outcomes-quarantined"]
}
