output "batch" {
  description = "The state machine, function and bucket of batches, and the settings that an estimate depends on; null without batches."
  value = one([for batch in module.batch : {
    bucket            = batch.bucket
    function_name     = batch.function_name
    log_group         = batch.log_group
    settings          = batch.settings
    state_machine_arn = batch.state_machine_arn
    workflow          = batch.workflow
  }])
}

output "capture" {
  description = "The bucket with captured rows, their prefix, and the days for which they are kept; null without data capture."
  value = one([for capture in module.capture : {
    bucket    = capture.bucket
    keep_days = capture.keep_days
    prefix    = capture.prefix
  }])
}

output "encryption" {
  description = "The key that encrypts everything, and its policy; the policy of an existing key needs the statements for services."
  value = {
    key_arn    = module.encryption.key_arn
    key_policy = module.encryption.key_policy
  }
}

output "evaluator" {
  description = "The function that evaluates predictions, the stream for outcomes and the bucket with the results; null without an evaluator."
  value = one([for evaluator in module.evaluator : {
    bucket          = evaluator.bucket
    function_name   = evaluator.function_name
    log_group       = evaluator.log_group
    outcomes_stream = evaluator.outcomes_stream
  }])
}

output "event_stream" {
  description = "The Kinesis stream that producers put events on."
  value = {
    arn  = module.event_stream.arn
    name = module.event_stream.name
  }
}

output "event_topic" {
  description = "The SNS topic that producers publish events to. The queues of the other delivery are null."
  value = {
    arn                   = module.event_topic.arn
    dead_letter_queue_url = module.event_topic.dead_letter_queue_url
    delivery              = module.event_topic.delivery
    queue_url             = module.event_topic.queue_url
    undelivered_queue_url = module.event_topic.undelivered_queue_url
  }
}

output "failure_store" {
  description = "The bucket with quarantined events, batches that Lambda discarded after the last retry, and the log of redrives."
  value = {
    bucket            = module.failure_store.bucket
    on_failure_prefix = module.failure_store.on_failure_prefix
    quarantine_prefix = module.failure_store.quarantine_prefix
    redriven_prefix   = module.failure_store.redriven_prefix
  }
}

output "http" {
  description = "The endpoint: its address, the REST API and its stage, ids of its API keys by name, where your domain's DNS record leads to; null without http."
  value = one([for http in module.http_api : {
    access        = coalesce(var.http.access, "iam")
    api_id        = http.api_id
    domain_target = http.domain_target
    function_name = http.function_name
    key_ids       = http.key_ids
    log_group     = http.log_group
    memory_mb     = http.memory_mb
    role_arn      = http.role_arn
    stage         = http.stage
    url           = http.url
  }])
}

output "model" {
  description = "The model that the scorer serves."
  value = {
    name = var.model.name
  }
}

output "model_store" {
  description = "The bucket with model artifacts and releases, the role that publishes them and the key that signs them. Without publishers or signing, the ARNs are null."
  value = {
    arn                = module.model_store.arn
    bucket             = module.model_store.bucket
    public_keys        = module.model_store.public_keys
    publisher_role_arn = module.model_store.publisher_role_arn
    signing_key_arn    = module.model_store.signing_key_arn
    verifying_key_arns = module.model_store.verifying_key_arns
  }
}

output "observability" {
  description = "Names of the alarms, the SNS topic that they go to, and the dashboard."
  value = {
    alarms    = module.observability.alarms
    dashboard = module.observability.dashboard
    topic_arn = module.observability.topic_arn
  }
}

output "policies" {
  description = "IAM policies, JSON: produce by source, consume by sink and request (null where http.access is not \"iam\") are for the identities of producers, consumers and callers; attached, by source and sink, is the resource policy that an existing one in another account needs."
  value = {
    produce = { for name, source in local.sources : name => jsonencode({ Version = "2012-10-17", Statement = concat(source.produce, local.use_key) }) }
    request = one(module.http_api[*].invoke_policy)
    consume = { for name, sink in local.sinks : name => jsonencode({ Version = "2012-10-17", Statement = concat(sink.consume, local.use_key) }) }

    attached = { for name, part in merge(local.sources, local.sinks) : name => part.policy == null ? null : jsonencode({
      Version   = "2012-10-17"
      Statement = [for statement in jsondecode(part.policy).Statement : merge(statement, { Principal = { AWS = module.scorer.role_arn } }) if statement.Resource == part.arn]
    }) }
  }
}

output "prediction_sink" {
  description = "Where predictions go. target: stream ARN, topic ARN or queue URL."
  value = {
    arn    = module.prediction_sink.sink.arn
    name   = module.prediction_sink.sink.name
    target = module.prediction_sink.sink.target
    type   = module.prediction_sink.sink.type
  }
}

output "release_workflow" {
  description = "The state machine, function, rule and stages of the release workflow, and whether it can train; null without one."
  value = one([for workflow in module.release_workflow : {
    function_name     = workflow.function_name
    log_group         = workflow.log_group
    rule              = workflow.rule
    stages            = workflow.stages
    state_machine_arn = workflow.state_machine_arn
    training          = workflow.training
  }])
}

output "scorer" {
  description = "The scorer, and the alias that sources invoke."
  value = {
    alias                = module.scorer.alias.name
    alias_arn            = module.scorer.alias.arn
    function_name        = module.scorer.function_name
    images               = var.images
    log_group            = module.scorer.log_group
    memory_mb            = module.scorer.memory_mb
    onnx                 = var.onnx
    release_poll_seconds = module.scorer.release_poll_seconds
    role_arn             = module.scorer.role_arn
    timeout_seconds      = module.scorer.timeout_seconds
    version              = module.scorer.version
    xgboost              = var.xgboost
  }

  # In an output, because the function must not wait for the sources that it is compared with.
  precondition {
    condition     = module.scorer.reserved_concurrency < 1 || module.scorer.reserved_concurrency >= sum(values(local.sources)[*].concurrency)
    error_message = "scorer.reserved_concurrency (${module.scorer.reserved_concurrency}) must be at least what the sources use (${join(", ", [for name, source in local.sources : "${name}: ${source.concurrency}"])}), or batches are throttled until their record age is exceeded. Raise it, or lower shards and parallelization factor."
  }
}

output "shadow_sink" {
  description = "Where a shadow's predictions go; null where they are not published."
  value = one([for shadow in module.shadow_sink : {
    arn    = shadow.sink.arn
    name   = shadow.sink.name
    target = shadow.sink.target
    type   = shadow.sink.type
  }])
}

output "sinks" {
  description = "Every sink by name: type, name, arn, target."
  value = { for name, sink in local.sinks : name => {
    arn    = sink.arn
    name   = sink.name
    target = sink.target
    type   = sink.type
  } }
}

output "sources" {
  description = "Every source by name: type, name, arn, concurrency that it uses; settings of its event source mapping, delivery, URLs of its queue and its dead-letter queue (each null where it has none)."
  value = { for name, source in local.sources : name => {
    arn                   = source.arn
    concurrency           = source.concurrency
    dead_letter_queue_url = source.dead_letter_queue_url
    delivery              = source.delivery
    mapping               = source.mapping
    name                  = source.name
    queue_url             = source.queue_url
    type                  = source.type
  } }
}

output "trainer" {
  description = "The function that trains, the alias that callers invoke, and where it reads tables; null without a trainer."
  value = one([for trainer in module.trainer : {
    alias_arn     = trainer.alias_arn
    function_name = trainer.function_name
    log_group     = trainer.log_group
    tables        = trainer.tables
  }])
}
