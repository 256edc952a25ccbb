# The command line and the tests read these through `terraform output -json`.

output "evaluator" {
  description = "The function that evaluates predictions, where outcomes are put and where the results lie; null where there is none."
  value = one([for evaluator in module.evaluator : {
    bucket          = evaluator.bucket
    function_name   = evaluator.function_name
    log_group       = evaluator.log_group
    outcomes_stream = evaluator.outcomes_stream
  }])
}

output "event_stream" {
  description = "Where producers put events: a Kinesis stream."
  value = {
    arn  = module.event_stream.arn
    name = module.event_stream.name
  }
}

output "event_topic" {
  description = "Where producers publish events: an SNS topic. The queues of the way that is not chosen are null."
  value = {
    arn                   = module.event_topic.arn
    dead_letter_queue_url = module.event_topic.dead_letter_queue_url
    delivery              = module.event_topic.delivery
    queue_url             = module.event_topic.queue_url
    undelivered_queue_url = module.event_topic.undelivered_queue_url
  }
}

output "failure_store" {
  description = "Where quarantined events and the batches that Lambda gave up on lie, and the trail of what was redriven."
  value = {
    bucket            = module.failure_store.bucket
    on_failure_prefix = module.failure_store.on_failure_prefix
    quarantine_prefix = module.failure_store.quarantine_prefix
    redriven_prefix   = module.failure_store.redriven_prefix
  }
}

output "model" {
  description = "The model that the scorer serves."
  value = {
    name = var.model.name
  }
}

output "model_store" {
  description = "Where model artifacts and releases lie, who publishes them and what signs them. Without publishers or signing the ARNs are null."
  value = {
    arn                = module.model_store.arn
    bucket             = module.model_store.bucket
    public_keys        = module.model_store.public_keys
    publisher_role_arn = module.model_store.publisher_role_arn
    signing_key_arn    = module.model_store.signing_key_arn
  }
}

output "observability" {
  description = "The alarms by name, the SNS topic that they go to, and the dashboard."
  value = {
    alarms    = module.observability.alarms
    dashboard = module.observability.dashboard
    topic_arn = module.observability.topic_arn
  }
}

output "prediction_sink" {
  description = "Where predictions go. target: the stream's ARN, the topic's ARN or the queue's URL."
  value = {
    arn    = module.prediction_sink.arn
    name   = module.prediction_sink.name
    target = module.prediction_sink.target
    type   = module.prediction_sink.type
  }
}

output "scorer" {
  description = "The Lambda function, and the alias that the event sources call."
  value = {
    alias           = module.scorer.alias.name
    alias_arn       = module.scorer.alias.arn
    function_name   = module.scorer.function_name
    log_group       = module.scorer.log_group
    timeout_seconds = module.scorer.timeout_seconds
    version         = module.scorer.version
    xgboost         = var.xgboost
  }
}

output "shadow_sink" {
  description = "Where a shadow's predictions go; null where it is only measured."
  value = one([for sink in module.shadow_sink : {
    arn    = sink.arn
    name   = sink.name
    target = sink.target
    type   = sink.type
  }])
}
