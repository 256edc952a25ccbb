# One module call for each box of the architecture diagram, in the order in which data flows.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = {
    dns_suffix = data.aws_partition.current.dns_suffix
    id         = data.aws_caller_identity.current.account_id
    # Outside the commercial partition AWS's documents show both suffixes in kms:ViaService; only the right one matches.
    kms_suffixes = distinct(["amazonaws.com", data.aws_partition.current.dns_suffix])
    partition    = data.aws_partition.current.partition
    region       = data.aws_region.current.id
  }

  # A new source or sink is one module, its call below, and its entry here.
  sources = merge(
    {
      event_stream = module.event_stream.source
      event_topic  = module.event_topic.source
    },
    { for name, stream in module.event_streams : "event_stream_${name}" => stream.source },
    { for queue in module.event_queue[*].source : "event_queue" => queue },
    { for batch in module.batch[*].source : "batch" => batch },
    { for table in module.event_table[*].source : "event_table" => table },
    { for bus in module.event_bus[*].source : "event_bus" => bus },
    { for bot in module.event_bot[*].source : "event_bot" => bot },
    { for objects in module.event_objects[*].source : "event_objects" => objects },
    { for schedule in module.event_schedule[*].source : "event_schedule" => schedule },
  )

  sinks = merge(
    { prediction_sink = module.prediction_sink.sink },
    { for shadow in module.shadow_sink : "shadow_sink" => shadow.sink },
  )

  # What producers and consumers need in addition, where their stream, topic or queue is encrypted with the stack's key.
  use_key = [{ Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = module.encryption.key_arn }]

  # Where concurrency is reserved, queues share what the others leave, and each gets at least the 2 that Lambda allows.
  other_concurrency = sum(concat([module.event_stream.source.concurrency], [for stream in module.event_streams : stream.source.concurrency], module.event_table[*].source.concurrency, module.event_bus[*].source.concurrency, module.event_bot[*].source.concurrency, module.event_objects[*].source.concurrency, module.event_schedule[*].source.concurrency))
  queues            = var.event_queue == null ? 1 : 2
  queue_concurrency = module.scorer.reserved_concurrency < 1 ? 10 : max(2, min(1000, floor((module.scorer.reserved_concurrency - local.other_concurrency) / local.queues)))

  # Batches that Lambda discards for the scorer go to the failure store; the evaluator keeps its own.
  functions = merge(
    { scorer = {
      name       = module.scorer.function_name
      on_failure = module.failure_store.on_failure
      alarms     = merge(module.scorer.alarms, module.failure_store.alarms)
    } },
    { for evaluator in module.evaluator : "evaluator" => {
      name       = evaluator.function_name
      on_failure = evaluator.on_failure
      alarms     = evaluator.alarms
    } },
    { for trainer in module.trainer : "trainer" => {
      name       = trainer.function_name
      on_failure = null
      alarms     = trainer.alarms
    } },
    { for http in module.http_api : "http" => {
      name       = http.function_name
      on_failure = null
      alarms     = http.alarms
    } },
    { for workflow in module.release_workflow : "release" => {
      name       = workflow.function_name
      on_failure = null
      alarms     = workflow.alarms
    } },
  )

  # What whoever loads a model verifies its signature with.
  model_keys = merge(
    length(module.model_store.public_keys) == 0 || var.model_store.verify == "kms" ? {} : {
      MODEL_PUBLIC_KEYS = join(",", module.model_store.public_keys)
    },
    length(module.model_store.verifying_key_arns) == 0 ? {} : {
      MODEL_KMS_KEYS = join(",", module.model_store.verifying_key_arns)
    },
  )

  # What a function needs to find the model, and to verify it.
  model_environment = merge(
    {
      DNS_SUFFIX   = local.account.dns_suffix
      MODEL_BUCKET = module.model_store.bucket
      MODEL_NAME   = var.model.name
    },
    local.model_keys,
  )

  # Where the functions keep rows that they scored. Nothing without data capture.
  capture = merge([for capture in module.capture : capture.environment]...)

  # With an evaluator, the scorer counts for drift.
  drift = merge([for evaluator in module.evaluator : {
    DRIFT_BUCKET  = evaluator.bucket
    DRIFT_SECONDS = tostring(evaluator.drift_write_seconds)
  }]...)

  # What the evaluator reads. Each name gets an event source mapping.
  prediction_streams = merge(
    { predictions = module.prediction_sink.sink.arn },
    [for shadow in module.shadow_sink : { shadow-predictions = shadow.sink.arn } if shadow.sink.type == "kinesis"]...
  )
}

module "encryption" {
  source = "../encryption"

  account              = local.account
  deletion_window_days = var.encryption.deletion_window_days
  existing             = var.encryption.existing
  functions = concat(
    ["scorer"],
    var.evaluator == null ? [] : ["evaluator"],
    var.batch == null ? [] : ["batch"],
    var.http == null ? [] : ["http"],
    var.release_workflow == null ? [] : ["release", "release-verify"],
    var.trainer == null ? [] : ["trainer"],
    try(var.http.jwt, null) == null ? [] : ["authorizer"],
  )
  log_groups = concat(
    var.batch == null ? [] : ["/aws/vendedlogs/states/${var.name}-batch"],
    try(coalesce(var.batch.workflow, false), false) ? ["/aws/vendedlogs/states/${var.name}-workflow"] : [],
    var.http == null ? [] : ["/aws/apigateway/${var.name}-http"],
    var.release_workflow == null ? [] : ["/aws/vendedlogs/states/${var.name}-release"],
  )
  name      = var.name
  role_name = module.scorer.role_name
  topic_arn = try(var.event_topic.existing.arn, null)
}

module "event_stream" {
  source = "../event_stream"

  alarms          = var.alarms
  alias           = module.scorer.alias
  existing        = var.event_stream.existing
  failure_arn     = module.failure_store.on_failure_arn
  key_arn         = module.encryption.key_arn
  mapping         = var.event_stream.mapping
  name            = var.name
  retention_hours = var.event_stream.retention_hours
  role_name       = module.scorer.role_name
  shards          = var.event_stream.shards
}

module "event_streams" {
  source   = "../event_stream"
  for_each = var.event_streams

  alarms          = var.alarms
  alias           = module.scorer.alias
  existing        = each.value.existing
  failure_arn     = module.failure_store.on_failure_arn
  key_arn         = module.encryption.key_arn
  label           = each.key
  mapping         = each.value.mapping
  name            = var.name
  retention_hours = each.value.retention_hours
  role_name       = module.scorer.role_name
  shards          = each.value.shards
}

# Shared by the sources whose services hand events to Lambda without waiting.
module "async_invocation" {
  source = "../async_invocation"
  count  = var.event_topic.delivery == "direct" || var.event_bus != null || var.event_objects != null || var.event_schedule != null ? 1 : 0

  alias                  = module.scorer.alias
  event_age_seconds      = try(var.event_topic.direct.event_age_seconds, null)
  failure_arn            = module.failure_store.on_failure_arn
  maximum_retry_attempts = try(var.event_topic.direct.maximum_retry_attempts, null)
}

module "event_topic" {
  source = "../event_topic"

  account                  = local.account
  alarms                   = var.alarms
  alias                    = length(module.async_invocation) > 0 ? module.async_invocation[0].alias : module.scorer.alias
  default_concurrency      = local.queue_concurrency
  delivery                 = var.event_topic.delivery
  direct                   = var.event_topic.direct
  existing                 = var.event_topic.existing
  function_timeout_seconds = module.scorer.timeout_seconds
  key_arn                  = module.encryption.key_arn
  mapping                  = var.event_topic.mapping
  name                     = var.name
  queue                    = var.event_topic.queue
  role_name                = module.scorer.role_name
}

module "event_queue" {
  source = "../event_queue"
  count  = var.event_queue == null ? 0 : 1

  alarms                   = var.alarms
  alias                    = module.scorer.alias
  default_concurrency      = local.queue_concurrency
  dns_suffix               = local.account.dns_suffix
  existing                 = var.event_queue.existing
  function_timeout_seconds = module.scorer.timeout_seconds
  key_arn                  = module.encryption.key_arn
  mapping                  = var.event_queue.mapping
  name                     = var.name
  queue                    = var.event_queue.queue
  role_name                = module.scorer.role_name
}

module "event_table" {
  source = "../event_table"
  count  = var.event_table == null ? 0 : 1

  alias       = module.scorer.alias
  existing    = var.event_table.existing
  failure_arn = module.failure_store.on_failure_arn
  key_arn     = module.encryption.key_arn
  mapping     = var.event_table.mapping
  name        = var.name
  role_name   = module.scorer.role_name
  shards      = var.event_table.shards
  table       = var.event_table.table
}

module "event_bus" {
  source = "../event_bus"
  count  = var.event_bus == null ? 0 : 1

  account  = local.account
  alarms   = var.alarms
  alias    = module.async_invocation[0].alias
  existing = var.event_bus.existing
  name     = var.name
  pattern  = var.event_bus.pattern
  retry    = var.event_bus.retry
}

module "event_bot" {
  source = "../event_bot"
  count  = var.event_bot == null ? 0 : 1

  alias    = module.scorer.alias
  existing = var.event_bot.existing
}

module "event_objects" {
  source = "../event_objects"
  count  = var.event_objects == null ? 0 : 1

  account       = local.account
  alias         = module.async_invocation[0].alias
  existing      = var.event_objects.existing
  force_destroy = var.event_objects.force_destroy
  keep_days     = var.event_objects.keep_days
  key_arn       = module.encryption.key_arn
  name          = var.name
  prefix        = var.event_objects.prefix
  role_name     = module.scorer.role_name
  suffix        = var.event_objects.suffix
}

module "event_schedule" {
  source = "../event_schedule"
  count  = var.event_schedule == null ? 0 : 1

  alias      = module.async_invocation[0].alias
  bucket_arn = var.event_schedule.bucket_arn
  key_arn    = var.event_schedule.key_arn
  name       = var.name
  prefix     = var.event_schedule.prefix
  role_name  = module.scorer.role_name
  schedule   = var.event_schedule.schedule
}

# Off the flow of events: it reads objects in S3, and writes predictions next to them.
module "batch" {
  source = "../batch"
  count  = var.batch == null ? 0 : 1

  account                      = local.account
  architecture                 = var.architecture
  force_destroy                = try(coalesce(var.batch.force_destroy, var.failure_store.force_destroy), null)
  input_bucket_arns            = var.batch.input_bucket_arns
  input_key_arns               = concat(coalesce(var.batch.input_key_arns, []), compact([try(var.model_store.existing.key_arn, null)]))
  items_per_invocation         = var.batch.items_per_invocation
  keep_days                    = var.batch.keep_days
  key_arn                      = module.encryption.key_arn
  log_level                    = var.batch.log_level
  log_retention_days           = var.batch.log_retention_days
  maximum_concurrency          = var.batch.maximum_concurrency
  memory_mb                    = var.batch.memory_mb
  model_keys                   = local.model_keys
  model_name                   = var.model.name
  model_store                  = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name                         = var.name
  package                      = var.packages.batch
  place                        = var.functions
  reserved_concurrency         = var.batch.reserved_concurrency
  retries                      = var.batch.retries
  timeout_seconds              = var.batch.timeout_seconds
  tolerated_failure_percentage = var.batch.tolerated_failure_percentage
  verifying_key_arns           = module.model_store.verifying_key_arns
  workflow                     = var.batch.workflow
}

module "scorer" {
  source = "../scorer"

  alarms                  = var.alarms
  architecture            = var.architecture
  ephemeral_storage_mb    = var.scorer.ephemeral_storage_mb
  existing_log_group      = var.scorer.existing_log_group
  extra_environment       = var.scorer.environment
  key_arn                 = module.encryption.key_arn
  layers                  = var.scorer.layers
  log_level               = var.scorer.log_level
  log_retention_days      = var.scorer.log_retention_days
  memory_mb               = var.scorer.memory_mb
  name                    = var.name
  package                 = var.packages.scorer
  place                   = var.functions
  policy_arns             = var.scorer.policy_arns
  provisioned_concurrency = var.scorer.provisioned_concurrency
  region                  = local.account.region
  release_poll_seconds    = var.scorer.release_poll_seconds
  reserved_concurrency    = var.scorer.reserved_concurrency
  snap_start              = var.scorer.snap_start
  timeout_seconds         = var.scorer.timeout_seconds
  tracing                 = var.scorer.tracing

  environment = merge(
    local.model_environment,
    {
      PREDICTION_SINK_TYPE   = module.prediction_sink.sink.type
      PREDICTION_SINK_TARGET = module.prediction_sink.sink.target
      FAILURE_BUCKET         = module.failure_store.bucket
      QUARANTINE_PREFIX      = module.failure_store.quarantine_prefix
    },
    # ONNX Runtime's, which the scorer sets too before it loads the library.
    var.onnx ? { ORT_DISABLE_TELEMETRY = "1" } : {},
    { for name, value in module.prediction_sink.settings : "PREDICTION_SINK_${name}" => value },
    local.drift,
    local.capture,
    [for shadow in module.shadow_sink : {
      SHADOW_SINK_TYPE   = shadow.sink.type
      SHADOW_SINK_TARGET = shadow.sink.target
    }]...
  )
}

module "model_store" {
  source = "../model_store"

  account       = local.account
  existing      = var.model_store.existing
  force_destroy = var.model_store.force_destroy
  key_arn       = module.encryption.key_arn
  model_name    = var.model.name
  name          = var.name
  object_lock   = var.model_store.object_lock
  place         = var.functions
  publishers    = var.model_store.publishers
  release_days  = var.model_store.release_days
  role_name     = module.scorer.role_name
  signing_keys  = var.model_store.signing_keys
  verify        = var.model_store.verify
}

module "prediction_sink" {
  source = "../prediction_sink"

  account    = local.account
  key_arn    = module.encryption.key_arn
  dns_suffix = local.account.dns_suffix
  dynamodb   = var.prediction_sink.dynamodb
  existing   = var.prediction_sink.existing
  firehose   = var.prediction_sink.firehose
  kinesis    = var.prediction_sink.kinesis
  name       = var.name
  place      = var.functions
  role_name  = module.scorer.role_name
  sqs        = var.prediction_sink.sqs
  type       = var.prediction_sink.type
}

module "shadow_sink" {
  source = "../prediction_sink"
  count  = var.shadow_sink == null ? 0 : 1

  account    = local.account
  content    = "shadow-predictions"
  key_arn    = module.encryption.key_arn
  dns_suffix = local.account.dns_suffix
  dynamodb   = var.shadow_sink.dynamodb
  existing   = var.shadow_sink.existing
  firehose   = var.shadow_sink.firehose
  kinesis    = var.shadow_sink.kinesis
  name       = var.name
  place      = var.functions
  role_name  = module.scorer.role_name
  sqs        = var.shadow_sink.sqs
  type       = var.shadow_sink.type
}

# Next to the flow of events: a function of its own, which answers requests with what the scorer would publish.
module "http_api" {
  source = "../http_api"
  count  = var.http == null ? 0 : 1

  access                  = var.http.access
  access_log              = var.http.access_log
  account                 = local.account
  account_log_role        = var.http.account_log_role
  alarms                  = var.alarms
  api_keys                = var.http.api_keys
  architecture            = var.architecture
  authorizer_package      = var.packages.authorizer
  capture_statements      = flatten(module.capture[*].statements)
  domain                  = var.http.domain
  environment             = merge(local.model_environment, var.onnx ? { ORT_DISABLE_TELEMETRY = "1" } : {}, local.capture)
  health_routes           = var.http.health_routes
  jwt                     = var.http.jwt
  key_arn                 = module.encryption.key_arn
  key_limits              = var.http.key_limits
  kind                    = var.http.kind
  log_level               = var.http.log_level
  log_retention_days      = var.http.log_retention_days
  memory_mb               = var.http.memory_mb
  model_name              = var.model.name
  model_store             = { arn = module.model_store.arn, key_arn = try(var.model_store.existing.key_arn, null) }
  name                    = var.name
  package                 = var.packages.http
  place                   = var.functions
  provisioned_concurrency = var.http.provisioned_concurrency
  public_page             = var.http.public_page
  release_poll_seconds    = var.http.release_poll_seconds
  reserved_concurrency    = var.http.reserved_concurrency
  throttle                = var.http.throttle
  timeout_seconds         = var.http.timeout_seconds
  tracing                 = var.http.tracing
  verifying_key_arns      = module.model_store.verifying_key_arns
  waf_acl_arn             = var.http.waf_acl_arn
}

# Off the flow of events: it reads what was published to the sinks.
module "evaluator" {
  source = "../evaluator"
  count  = var.evaluator == null ? 0 : 1

  account             = local.account
  alarms              = var.alarms
  architecture        = var.architecture
  drift               = var.evaluator.drift
  existing_bucket     = var.evaluator.existing_bucket
  force_destroy       = var.evaluator.existing_bucket != null ? var.evaluator.force_destroy : try(coalesce(var.evaluator.force_destroy, var.failure_store.force_destroy), null)
  hours_days          = var.evaluator.hours_days
  keep_days           = var.evaluator.keep_days
  key_arn             = module.encryption.key_arn
  log_level           = var.evaluator.log_level
  log_retention_days  = var.evaluator.log_retention_days
  look_back_hours     = var.evaluator.look_back_hours
  mapping             = var.evaluator.mapping
  memory_mb           = var.evaluator.memory_mb
  model_name          = var.model.name
  model_store         = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name                = var.name
  outcomes            = var.evaluator.outcomes
  package             = var.packages.evaluator
  place               = var.functions
  prediction_streams  = local.prediction_streams
  publisher_role_name = module.model_store.publisher_role_name
  schedule_minutes    = var.evaluator.schedule_minutes
  scorer_role_name    = module.scorer.role_name
  stream_key_arns     = compact([try(var.prediction_sink.existing.key_arn, null), try(var.shadow_sink.existing.key_arn, null)])
  timeout_seconds     = var.evaluator.timeout_seconds
}

# Off the flow of events: it changes the release, step by step.
module "release_workflow" {
  source = "../release_workflow"
  count  = var.release_workflow == null ? 0 : 1

  account                = local.account
  approval               = var.release_workflow.approval
  architecture           = var.architecture
  evaluation             = { bucket = module.evaluator[0].bucket }
  evidence_seconds       = var.release_workflow.evidence_seconds
  key_arn                = module.encryption.key_arn
  log_level              = var.release_workflow.log_level
  log_retention_days     = var.release_workflow.log_retention_days
  memory_mb              = try(coalesce(var.release_workflow.memory_mb, var.scorer.memory_mb), null)
  model_keys             = local.model_keys
  model_name             = var.model.name
  model_store            = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name                   = var.name
  package                = var.packages.release
  place                  = var.functions
  poll_seconds           = var.release_workflow.poll_seconds
  retries                = var.release_workflow.retries
  scorer_package         = var.packages.scorer
  stages                 = var.release_workflow.stages
  store_key_arns         = compact([try(var.model_store.existing.key_arn, null), var.release_workflow.topic_key_arn])
  topic_arn              = module.observability.topic_arn
  training               = var.release_workflow.training
  verify_timeout_seconds = var.release_workflow.verify_timeout_seconds
  verifying_key_arns     = module.model_store.verifying_key_arns
}

# Off the flow of events: rows that the scorer and the endpoint keep for training.
module "capture" {
  source = "../capture"
  count  = var.capture == null ? 0 : 1

  account         = local.account
  existing_bucket = var.capture.existing_bucket
  force_destroy   = var.capture.existing_bucket != null ? var.capture.force_destroy : try(coalesce(var.capture.force_destroy, var.failure_store.force_destroy), null)
  keep_days       = var.capture.keep_days
  key_arn         = module.encryption.key_arn
  model_name      = var.model.name
  name            = var.name
  role_name       = module.scorer.role_name
  share           = var.capture.share
  write_seconds   = var.capture.write_seconds
}

# Off the flow of events: tables become versions of the model.
module "trainer" {
  source = "../trainer"
  count  = var.trainer == null ? 0 : 1

  account            = local.account
  architecture       = var.architecture
  key_arn            = module.encryption.key_arn
  log_level          = var.trainer.log_level
  log_retention_days = var.trainer.log_retention_days
  memory_mb          = var.trainer.memory_mb
  model_name         = var.model.name
  model_store        = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name               = var.name
  package            = var.packages.trainer
  place              = var.functions
  slow_percent       = var.trainer.slow_percent
  table_key_arns     = var.trainer.table_key_arns
  tables             = var.trainer.tables
  timeout_seconds    = var.trainer.timeout_seconds
}

module "failure_store" {
  source = "../failure_store"

  account         = local.account
  alarms          = var.alarms
  existing        = var.failure_store.existing
  force_destroy   = var.failure_store.force_destroy
  key_arn         = module.encryption.key_arn
  name            = var.name
  on_failure_days = var.failure_store.on_failure_days
  quarantine_days = var.failure_store.quarantine_days
  role_name       = module.scorer.role_name
}

# Off the flow of events, too: it watches all of the above.
module "observability" {
  source = "../observability"

  account   = local.account
  alarms    = var.alarms
  endpoints = { for http in module.http_api : "http_api" => { metrics = http.metrics } }
  functions = local.functions
  key_arn   = module.encryption.key_arn
  name      = var.name
  sinks     = local.sinks
  sources   = local.sources
}

moved {
  from = module.event_topic.aws_lambda_function_event_invoke_config.direct[0]
  to   = module.async_invocation[0].aws_lambda_function_event_invoke_config.this
}
