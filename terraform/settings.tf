# Terraform drops a member of an object that is not in its type without a message, so a misspelt setting would be ignored.
# That happens before any code of the called module runs: modules/millrace, which has typed objects, cannot see such a
# member. The root has untyped variables, and checks each name. modules/millrace/README.md says how others can.
locals {
  # Every setting of modules/millrace, by the object that it is in.
  known_settings = {
    "alarms"                              = ["capture_failures", "columns_drifted", "dead_letters", "emails", "errors", "event_age_seconds", "iterator_age_seconds", "latency_ms", "missing_percent", "on_failure_objects", "period_seconds", "quarantine_least_events", "quarantine_percent", "runbook_url", "server_error_percent", "silent_minutes", "stale_seconds", "throttles", "topic_arn"]
    "batch"                               = ["force_destroy", "input_bucket_arns", "input_key_arns", "items_per_invocation", "keep_days", "log_level", "log_retention_days", "maximum_concurrency", "memory_mb", "reserved_concurrency", "retries", "timeout_seconds", "tolerated_failure_percentage", "workflow"]
    "capture"                             = ["existing_bucket", "force_destroy", "keep_days", "share", "write_seconds"]
    "capture.existing_bucket"             = ["arn", "key_arn"]
    "encryption"                          = ["deletion_window_days", "existing"]
    "encryption.existing"                 = ["key_arn"]
    "evaluator"                           = ["drift", "existing_bucket", "force_destroy", "hours_days", "keep_days", "log_level", "log_retention_days", "look_back_hours", "mapping", "memory_mb", "outcomes", "schedule_minutes", "timeout_seconds"]
    "evaluator.drift"                     = ["hours", "write_seconds"]
    "evaluator.existing_bucket"           = ["arn", "key_arn", "metrics_filter"]
    "evaluator.mapping"                   = ["batch_size", "maximum_retry_attempts", "record_age_seconds", "window_seconds"]
    "evaluator.outcomes"                  = ["retention_hours", "shards"]
    "event_bot"                           = ["existing"]
    "event_bot.existing"                  = ["arn"]
    "event_bus"                           = ["existing", "pattern", "retry"]
    "event_bus.existing"                  = ["arn"]
    "event_bus.retry"                     = ["event_age_seconds", "maximum_retry_attempts"]
    "event_objects"                       = ["batch", "existing", "force_destroy", "keep_days", "prefix", "suffix"]
    "event_objects.batch"                 = ["most_gib"]
    "event_objects.existing"              = ["arn", "key_arn"]
    "event_queue"                         = ["existing", "mapping", "queue"]
    "event_queue.existing"                = ["arn", "dead_letter_queue_url", "key_arn", "queue_url"]
    "event_queue.mapping"                 = ["batch_size", "maximum_concurrency", "window_seconds"]
    "event_queue.queue"                   = ["fifo", "max_receive_count", "retention_seconds", "visibility_seconds"]
    "event_schedule"                      = ["bucket_arn", "key_arn", "prefix", "schedule"]
    "event_stream"                        = ["existing", "mapping", "retention_hours", "shards"]
    "event_stream.existing"               = ["arn", "key_arn", "retention_hours", "shards"]
    "event_stream.mapping"                = ["batch_size", "enhanced_fan_out", "filters", "maximum_retry_attempts", "parallelization_factor", "record_age_seconds", "starting_position", "starting_position_timestamp", "window_seconds"]
    "event_table"                         = ["existing", "mapping", "shards", "table"]
    "event_table.existing"                = ["key_arn", "stream_arn"]
    "event_table.mapping"                 = ["batch_size", "maximum_retry_attempts", "parallelization_factor", "record_age_seconds", "starting_position", "window_seconds"]
    "event_table.table"                   = ["deletion_protection", "key", "point_in_time_recovery"]
    "event_topic"                         = ["delivery", "direct", "existing", "mapping", "queue"]
    "event_topic.existing"                = ["arn"]
    "event_topic.direct"                  = ["event_age_seconds", "maximum_retry_attempts"]
    "event_topic.mapping"                 = ["batch_size", "maximum_concurrency", "window_seconds"]
    "event_topic.queue"                   = ["max_receive_count", "retention_seconds", "visibility_seconds"]
    "failure_store"                       = ["existing", "force_destroy", "on_failure_days", "quarantine_days"]
    "functions"                           = ["code_signing", "permissions_boundary", "role_path", "vpc"]
    "functions.code_signing"              = ["enforce", "profile_version_arns"]
    "functions.vpc"                       = ["dual_stack", "security_group_ids", "subnet_ids"]
    "http"                                = ["access", "access_log", "account_log_role", "api_keys", "domain", "health_routes", "jwt", "key_limits", "kind", "log_level", "log_retention_days", "memory_mb", "provisioned_concurrency", "public_page", "release_poll_seconds", "reserved_concurrency", "throttle", "timeout_seconds", "tracing", "waf_acl_arn"]
    "http.domain"                         = ["certificate_arn", "name"]
    "http.jwt"                            = ["audience", "cache_seconds", "issuer", "jwks_url", "scope"]
    "http.key_limits"                     = ["burst", "quota", "rate"]
    "http.key_limits.quota"               = ["limit", "period"]
    "http.throttle"                       = ["burst", "rate"]
    "model"                               = ["name"]
    "model_store"                         = ["existing", "force_destroy", "object_lock", "publishers", "release_days", "signing_keys", "verify"]
    "failure_store.existing"              = ["arn", "key_arn", "metrics_filter"]
    "model_store.existing"                = ["arn", "key_arn"]
    "model_store.object_lock"             = ["days", "mode"]
    "prediction_sink"                     = ["dynamodb", "existing", "firehose", "kinesis", "sqs", "type"]
    "prediction_sink.dynamodb"            = ["deletion_protection", "point_in_time_recovery"]
    "prediction_sink.firehose"            = ["buffer_mib", "buffer_seconds", "compression", "encrypt", "force_destroy", "keep_days"]
    "prediction_sink.existing"            = ["arn", "key_arn", "queue_url"]
    "prediction_sink.kinesis"             = ["aggregate_ranges", "retention_hours", "shards", "wire"]
    "prediction_sink.sqs"                 = ["retention_seconds", "visibility_seconds"]
    "scorer"                              = ["environment", "ephemeral_storage_mb", "existing_log_group", "layers", "log_level", "log_retention_days", "memory_mb", "policy_arns", "provisioned_concurrency", "release_poll_seconds", "reserved_concurrency", "snap_start", "timeout_seconds", "tracing"]
    "scorer.existing_log_group"           = ["arn"]
    "shadow_sink"                         = ["dynamodb", "existing", "firehose", "kinesis", "sqs", "type"]
    "shadow_sink.dynamodb"                = ["deletion_protection", "point_in_time_recovery"]
    "shadow_sink.firehose"                = ["buffer_mib", "buffer_seconds", "compression", "encrypt", "force_destroy", "keep_days"]
    "shadow_sink.existing"                = ["arn", "key_arn", "queue_url"]
    "shadow_sink.kinesis"                 = ["retention_hours", "shards"]
    "shadow_sink.sqs"                     = ["retention_seconds", "visibility_seconds"]
    "trainer"                             = ["framework", "log_level", "log_retention_days", "memory_mb", "slow_percent", "table_key_arns", "tables", "timeout_seconds"]
    "release_workflow"                    = ["approval", "evidence_seconds", "log_level", "log_retention_days", "memory_mb", "poll_seconds", "retries", "stages", "topic_key_arn", "training", "verify_timeout_seconds"]
    "release_workflow.approval"           = ["required", "timeout_seconds"]
    "release_workflow.training"           = ["ecs", "function", "sagemaker", "timeout_seconds"]
    "release_workflow.training.ecs"       = ["cluster_arn", "container", "role_arns", "security_group_ids", "subnet_ids", "task_definition_arn"]
    "release_workflow.training.function"  = ["arn"]
    "release_workflow.training.sagemaker" = ["image", "instance_type", "output_path", "role_arn", "volume_gb"]
  }

  # The same objects as they were set; null where they were left out.
  settings = {
    "alarms"                              = var.alarms
    "batch"                               = var.batch
    "capture"                             = var.capture
    "capture.existing_bucket"             = try(var.capture.existing_bucket, null)
    "encryption"                          = var.encryption
    "encryption.existing"                 = try(var.encryption.existing, null)
    "evaluator"                           = var.evaluator
    "evaluator.drift"                     = try(var.evaluator.drift, null)
    "evaluator.existing_bucket"           = try(var.evaluator.existing_bucket, null)
    "evaluator.mapping"                   = try(var.evaluator.mapping, null)
    "evaluator.outcomes"                  = try(var.evaluator.outcomes, null)
    "event_bot"                           = var.event_bot
    "event_bot.existing"                  = try(var.event_bot.existing, null)
    "event_bus"                           = var.event_bus
    "event_bus.existing"                  = try(var.event_bus.existing, null)
    "event_bus.retry"                     = try(var.event_bus.retry, null)
    "event_objects"                       = var.event_objects
    "event_objects.batch"                 = try(var.event_objects.batch, null)
    "event_objects.existing"              = try(var.event_objects.existing, null)
    "event_queue"                         = var.event_queue
    "event_queue.existing"                = try(var.event_queue.existing, null)
    "event_queue.mapping"                 = try(var.event_queue.mapping, null)
    "event_queue.queue"                   = try(var.event_queue.queue, null)
    "event_schedule"                      = var.event_schedule
    "event_stream"                        = var.event_stream
    "event_stream.existing"               = try(var.event_stream.existing, null)
    "event_stream.mapping"                = try(var.event_stream.mapping, null)
    "event_table"                         = var.event_table
    "event_table.existing"                = try(var.event_table.existing, null)
    "event_table.mapping"                 = try(var.event_table.mapping, null)
    "event_table.table"                   = try(var.event_table.table, null)
    "event_topic"                         = var.event_topic
    "event_topic.existing"                = try(var.event_topic.existing, null)
    "event_topic.direct"                  = try(var.event_topic.direct, null)
    "event_topic.mapping"                 = try(var.event_topic.mapping, null)
    "event_topic.queue"                   = try(var.event_topic.queue, null)
    "failure_store"                       = var.failure_store
    "functions"                           = var.functions
    "functions.code_signing"              = try(var.functions.code_signing, null)
    "functions.vpc"                       = try(var.functions.vpc, null)
    "http"                                = var.http
    "http.domain"                         = try(var.http.domain, null)
    "http.jwt"                            = try(var.http.jwt, null)
    "http.key_limits"                     = try(var.http.key_limits, null)
    "http.key_limits.quota"               = try(var.http.key_limits.quota, null)
    "http.throttle"                       = try(var.http.throttle, null)
    "model"                               = var.model
    "model_store"                         = var.model_store
    "failure_store.existing"              = try(var.failure_store.existing, null)
    "model_store.existing"                = try(var.model_store.existing, null)
    "scorer.existing_log_group"           = try(var.scorer.existing_log_group, null)
    "model_store.object_lock"             = try(var.model_store.object_lock, null)
    "prediction_sink"                     = var.prediction_sink
    "prediction_sink.dynamodb"            = try(var.prediction_sink.dynamodb, null)
    "prediction_sink.firehose"            = try(var.prediction_sink.firehose, null)
    "prediction_sink.existing"            = try(var.prediction_sink.existing, null)
    "prediction_sink.kinesis"             = try(var.prediction_sink.kinesis, null)
    "prediction_sink.sqs"                 = try(var.prediction_sink.sqs, null)
    "release_workflow"                    = var.release_workflow
    "release_workflow.approval"           = try(var.release_workflow.approval, null)
    "release_workflow.training"           = try(var.release_workflow.training, null)
    "release_workflow.training.ecs"       = try(var.release_workflow.training.ecs, null)
    "release_workflow.training.function"  = try(var.release_workflow.training.function, null)
    "release_workflow.training.sagemaker" = try(var.release_workflow.training.sagemaker, null)
    "scorer"                              = var.scorer
    "shadow_sink"                         = var.shadow_sink
    "shadow_sink.dynamodb"                = try(var.shadow_sink.dynamodb, null)
    "shadow_sink.firehose"                = try(var.shadow_sink.firehose, null)
    "shadow_sink.existing"                = try(var.shadow_sink.existing, null)
    "shadow_sink.kinesis"                 = try(var.shadow_sink.kinesis, null)
    "shadow_sink.sqs"                     = try(var.shadow_sink.sqs, null)
    "trainer"                             = var.trainer
  }

  # Those of event_streams are, for each name, those of event_stream.
  stream_settings = merge([for stream, settings in try(merge(var.event_streams, {}), {}) : {
    for path in ["event_stream", "event_stream.existing", "event_stream.mapping"] :
    "event_streams.${stream}${trimprefix(path, "event_stream")}" => {
      found = path == "event_stream" ? try(keys(settings), []) : try(keys(settings[trimprefix(path, "event_stream.")]), [])
      known = local.known_settings[path]
    }
  }]...)

  unknown_settings = flatten([for path, names in merge(
    { for path, names in local.known_settings : path => { found = try(keys(local.settings[path]), []), known = names } },
    local.stream_settings,
    ) : [
    for name in setsubtract(names.found, names.known) : "${path}.${name} (known: ${join(", ", names.known)})"
  ]])
}
