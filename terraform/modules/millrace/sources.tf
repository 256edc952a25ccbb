# Where events come from.

locals {
  # One where files that are too large for the scorer are scored by the batch.
  large_objects = try(var.event_objects.batch[*], [])

  # A new source is one module, its call below, and its entry here.
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

  # Where concurrency is reserved, queues share what the others leave, and each gets at least the 2 that Lambda allows.
  other_concurrency = sum(concat([module.event_stream.source.concurrency], [for stream in module.event_streams : stream.source.concurrency], module.event_table[*].source.concurrency, module.event_bus[*].source.concurrency, module.event_bot[*].source.concurrency, module.event_objects[*].source.concurrency, module.event_schedule[*].source.concurrency))
  queues            = var.event_queue == null ? 1 : 2
  queue_concurrency = module.scorer.reserved_concurrency < 1 ? 10 : max(2, min(1000, floor((module.scorer.reserved_concurrency - local.other_concurrency) / local.queues)))
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

moved {
  from = module.event_topic.aws_lambda_function_event_invoke_config.direct[0]
  to   = module.async_invocation[0].aws_lambda_function_event_invoke_config.this
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
  batch         = var.event_objects.batch
  existing      = var.event_objects.existing
  force_destroy = var.event_objects.force_destroy
  keep_days     = var.event_objects.keep_days
  key_arn       = module.encryption.key_arn
  name          = var.name
  prefix        = var.event_objects.prefix
  role_name     = module.scorer.role_name
  suffix        = var.event_objects.suffix

  on_failure_days   = module.failure_store.on_failure_days
  state_machine_arn = try(module.batch[0].planned_arn, null)
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
  event_bucket_arns            = [for _ in local.large_objects : module.event_objects[0].bucket_arn]
  force_destroy                = try(coalesce(var.batch.force_destroy, var.failure_store.force_destroy), null)
  input_bucket_arns            = var.batch.input_bucket_arns
  input_key_arns               = concat(coalesce(var.batch.input_key_arns, []), compact([try(var.model_store.existing.key_arn, null)]), compact([for _ in local.large_objects : try(var.event_objects.existing.key_arn, null)]))
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
