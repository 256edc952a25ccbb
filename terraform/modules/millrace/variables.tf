# A member that is left out takes the default of the module that it is passed to. Defaults and limits are written once, in
# <module>/variables.tf; README.md lists them.

variable "alarms" {
  description = "Thresholds and period of the alarms, and where they go: the SNS topic topic_arn, or the stack's own, which emails subscribe to."
  type = object({
    capture_failures        = optional(number)
    columns_drifted         = optional(number)
    dead_letters            = optional(number)
    emails                  = optional(list(string))
    errors                  = optional(number)
    event_age_seconds       = optional(number)
    iterator_age_seconds    = optional(number)
    latency_ms              = optional(number)
    missing_percent         = optional(number)
    on_failure_objects      = optional(number)
    period_seconds          = optional(number)
    quarantine_least_events = optional(number)
    quarantine_percent      = optional(number)
    runbook_url             = optional(string)
    server_error_percent    = optional(number)
    silent_minutes          = optional(number)
    stale_seconds           = optional(number)
    throttles               = optional(number)
    topic_arn               = optional(string)
  })
  default  = {}
  nullable = false
}

variable "architecture" {
  description = "Instruction set of the functions and of the scorer's package: arm64 or x86_64."
  type        = string
  default     = null
}

variable "batch" {
  description = "Scores objects in S3 by a state machine; null: none. The batch bucket can always be scored; input_bucket_arns names others; workflow: also item by item, by two versions. force_destroy: `destroy` also deletes runs and uploads; default: as in failure_store."
  type = object({
    force_destroy                = optional(bool)
    input_bucket_arns            = optional(list(string))
    input_key_arns               = optional(list(string))
    items_per_invocation         = optional(number)
    keep_days                    = optional(number)
    log_level                    = optional(string)
    log_retention_days           = optional(number)
    maximum_concurrency          = optional(number)
    memory_mb                    = optional(number)
    reserved_concurrency         = optional(number)
    retries                      = optional(number)
    timeout_seconds              = optional(number)
    tolerated_failure_percentage = optional(number)
    workflow                     = optional(bool)
  })
  default = null
}

variable "capture" {
  description = "Data capture: the scorer and the HTTP endpoint keep scored rows in a bucket, for training and explanations; null: none. force_destroy: `destroy` also deletes them; default: as in failure_store."
  type = object({
    existing_bucket = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    keep_days     = optional(number)
    share         = optional(number)
    write_seconds = optional(number)
  })
  default = null
}

variable "encryption" {
  description = "The key that encrypts everything: the stack's own, or an existing one."
  type = object({
    deletion_window_days = optional(number)
    existing = optional(object({
      key_arn = string
    }))
  })
  default  = {}
  nullable = false
}

variable "evaluator" {
  description = "The function that joins predictions with outcomes and measures model quality and drift; null: none. Needs a prediction sink of type \"kinesis\". force_destroy: `destroy` also deletes its files; default: as in failure_store."
  type = object({
    drift = optional(object({
      hours         = optional(number)
      write_seconds = optional(number)
    }))
    existing_bucket = optional(object({
      arn            = string
      key_arn        = optional(string)
      metrics_filter = optional(string)
    }))
    force_destroy      = optional(bool)
    hours_days         = optional(number)
    keep_days          = optional(number)
    log_level          = optional(string)
    log_retention_days = optional(number)
    look_back_hours    = optional(number)
    mapping = optional(object({
      batch_size             = optional(number)
      maximum_retry_attempts = optional(number)
      record_age_seconds     = optional(number)
      window_seconds         = optional(number)
    }))
    memory_mb = optional(number)
    outcomes = optional(object({
      retention_hours = optional(number)
      shards          = optional(number)
    }))
    schedule_minutes = optional(number)
    timeout_seconds  = optional(number)
  })
  default = null

  validation {
    condition     = var.evaluator == null || coalesce(var.prediction_sink.type, "kinesis") == "kinesis"
    error_message = "evaluator needs prediction_sink.type = \"kinesis\", because the evaluator reads predictions from a stream; it is \"${coalesce(var.prediction_sink.type, "kinesis")}\"."
  }
}

variable "event_bot" {
  description = "Alias of a Lex V2 bot whose fulfilment hook the scorer is; null: none."
  type = object({
    existing = object({
      arn = string
    })
  })
  default = null
}

variable "event_bus" {
  description = "EventBridge bus that events arrive on, the stack's own or an existing one, and the pattern of those that are scored; null: none."
  type = object({
    existing = optional(object({
      arn = string
    }))
    pattern = optional(string)
    retry = optional(object({
      event_age_seconds      = optional(number)
      maximum_retry_attempts = optional(number)
    }))
  })
  default = null
}

variable "event_objects" {
  description = "Bucket whose new objects are scored, the stack's own or an existing one, by the prefix and suffix of their keys; null: none."
  type = object({
    existing = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    keep_days     = optional(number)
    prefix        = optional(string)
    suffix        = optional(string)
  })
  default = null
}

variable "event_queue" {
  description = "SQS queue that events arrive on, the stack's own or an existing one; null: none."
  type = object({
    existing = optional(object({
      arn                   = string
      dead_letter_queue_url = optional(string)
      key_arn               = optional(string)
      queue_url             = optional(string)
    }))
    mapping = optional(object({
      batch_size          = optional(number)
      maximum_concurrency = optional(number)
      window_seconds      = optional(number)
    }))
    queue = optional(object({
      fifo               = optional(bool)
      max_receive_count  = optional(number)
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default = null
}

variable "event_schedule" {
  description = "Schedule on which all objects below a prefix of a bucket are scored; null: none."
  type = object({
    bucket_arn = string
    key_arn    = optional(string)
    prefix     = string
    schedule   = string
  })
  default = null
}

variable "event_stream" {
  description = "Kinesis stream that events arrive on, the stack's own or an existing one, and its event source mapping. Without shards it has on-demand capacity."
  type = object({
    existing = optional(object({
      arn             = string
      key_arn         = optional(string)
      retention_hours = optional(number, 24)
      shards          = optional(number)
    }))
    retention_hours = optional(number)
    shards          = optional(number)
    mapping = optional(object({
      batch_size                  = optional(number)
      enhanced_fan_out            = optional(bool)
      filters                     = optional(list(string))
      maximum_retry_attempts      = optional(number)
      parallelization_factor      = optional(number)
      record_age_seconds          = optional(number)
      starting_position           = optional(string)
      starting_position_timestamp = optional(string)
      window_seconds              = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "event_streams" {
  description = "Further Kinesis streams that events arrive on, each as event_stream, by a name that becomes part of theirs."
  type = map(object({
    existing = optional(object({
      arn             = string
      key_arn         = optional(string)
      retention_hours = optional(number, 24)
      shards          = optional(number)
    }))
    retention_hours = optional(number)
    shards          = optional(number)
    mapping = optional(object({
      batch_size                  = optional(number)
      enhanced_fan_out            = optional(bool)
      filters                     = optional(list(string))
      maximum_retry_attempts      = optional(number)
      parallelization_factor      = optional(number)
      record_age_seconds          = optional(number)
      starting_position           = optional(string)
      starting_position_timestamp = optional(string)
      window_seconds              = optional(number)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.event_streams) : can(regex("^[a-z0-9][a-z0-9-]{0,15}$", name))])
    error_message = "event_streams: each name must have 1 to 16 lower-case letters, digits and hyphens, and not begin with a hyphen."
  }
}

variable "event_table" {
  description = "DynamoDB table whose new and changed items are events, the stack's own or an existing one; null: none."
  type = object({
    existing = optional(object({
      key_arn    = optional(string)
      stream_arn = string
    }))
    mapping = optional(object({
      batch_size             = optional(number)
      maximum_retry_attempts = optional(number)
      parallelization_factor = optional(number)
      record_age_seconds     = optional(number)
      starting_position      = optional(string)
      window_seconds         = optional(number)
    }))
    shards = optional(number)
    table = optional(object({
      deletion_protection    = optional(bool)
      key                    = optional(string)
      point_in_time_recovery = optional(bool)
    }))
  })
  default = null
}

variable "event_topic" {
  description = "SNS topic that events arrive on, the stack's own or an existing one, and its delivery to the scorer: \"queued\" (SNS → SQS → Lambda) or \"direct\" (SNS → Lambda)."
  type = object({
    existing = optional(object({
      arn = string
    }))
    delivery = optional(string)
    direct = optional(object({
      event_age_seconds      = optional(number)
      maximum_retry_attempts = optional(number)
    }))
    mapping = optional(object({
      batch_size          = optional(number)
      maximum_concurrency = optional(number)
      window_seconds      = optional(number)
    }))
    queue = optional(object({
      max_receive_count  = optional(number)
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "failure_store" {
  description = "Bucket for quarantined events and for batches that Lambda discarded after the last retry: the stack's own, or an existing one."
  type = object({
    existing = optional(object({
      arn            = string
      key_arn        = optional(string)
      metrics_filter = optional(string)
    }))
    force_destroy   = optional(bool)
    on_failure_days = optional(number)
    quarantine_days = optional(number)
  })
  default  = {}
  nullable = false
}

variable "functions" {
  description = "Who signs the functions' packages (code_signing: versions of profiles of AWS Signer; enforce = false only warns), where they run and what limits the stack's roles: permissions boundary, path of the roles, and VPC. In a VPC, the subnets need a route to S3, Kinesis, SNS, SQS and KMS, or endpoints of them."
  type = object({
    code_signing = optional(object({
      enforce              = optional(bool, true)
      profile_version_arns = list(string)
    }))
    permissions_boundary = optional(string)
    role_path            = optional(string, "/")
    vpc = optional(object({
      dual_stack         = optional(bool, false)
      security_group_ids = list(string)
      subnet_ids         = list(string)
    }))
  })
  default  = {}
  nullable = false
}

variable "http" {
  description = "Synchronous predictions over HTTP: a second function behind API Gateway, or at a function URL; null: none."
  type = object({
    access           = optional(string)
    access_log       = optional(bool)
    account_log_role = optional(bool)
    api_keys         = optional(list(string))
    domain = optional(object({
      certificate_arn = string
      name            = string
    }))
    health_routes = optional(bool)
    jwt = optional(object({
      audience      = string
      cache_seconds = optional(number, 300)
      issuer        = string
      jwks_url      = string
      scope         = optional(string)
    }))
    key_limits = optional(object({
      burst = optional(number)
      quota = optional(object({
        limit  = number
        period = string
      }))
      rate = optional(number)
    }))
    kind                    = optional(string)
    log_level               = optional(string)
    log_retention_days      = optional(number)
    memory_mb               = optional(number)
    provisioned_concurrency = optional(number)
    public_page             = optional(bool)
    release_poll_seconds    = optional(number)
    reserved_concurrency    = optional(number)
    throttle = optional(object({
      burst = optional(number)
      rate  = optional(number)
    }))
    timeout_seconds = optional(number)
    tracing         = optional(string)
    waf_acl_arn     = optional(string)
  })
  default = null
}

variable "images" {
  description = "Whether the scorer's package contains Pillow, for ONNX models whose input is an image. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.images || var.onnx
    error_message = "images = true needs onnx = true: models of images are ONNX models; set both."
  }
}

variable "model" {
  description = "The model that the scorer serves, by its name in the model store (models/<name>/)."
  type = object({
    name = optional(string, "purchase-intent")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", var.model.name)) && var.model.name != "none"
    error_message = "model.name must be 1 to 100 letters, digits, \".\", \"_\" and \"-\", a letter or digit first, and not \"none\"; it is \"${var.model.name}\"."
  }
}

variable "model_store" {
  description = "Bucket with model artifacts and releases, the stack's own or an existing one, who may publish, and the signing keys."
  type = object({
    existing = optional(object({
      arn     = string
      key_arn = optional(string)
    }))
    force_destroy = optional(bool)
    object_lock = optional(object({
      days = number
      mode = string
    }))
    publishers   = optional(list(string))
    release_days = optional(number)
    signing_keys = optional(list(string))
    verify       = optional(string)
  })
  default  = {}
  nullable = false
}

variable "name" {
  description = "Name of the stack, and prefix of all its resources. Stacks can share an account if name or region differs."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen (it becomes part of bucket names); it is \"${var.name}\"."
  }
}

variable "onnx" {
  description = "Whether the scorer's package contains ONNX Runtime, for models of the framework onnx. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = false
  nullable    = false
}

variable "packages" {
  description = "The functions' zips: scorer, and with batches, batch; with an evaluator, evaluator; with http, http, and where its access is \"jwt\", authorizer; with release_workflow, release; with a trainer, trainer. Each is a path, `make package` builds them, or s3://bucket/key?versionId=V."
  type = object({
    authorizer = optional(string)
    batch      = optional(string)
    evaluator  = optional(string)
    http       = optional(string)
    release    = optional(string)
    scorer     = string
    trainer    = optional(string)
  })

  validation {
    condition     = var.batch == null || var.packages.batch != null
    error_message = "packages.batch must be set where there are batches (batch). Build it with `make package BATCH=1`."
  }

  validation {
    condition     = var.evaluator == null || var.packages.evaluator != null
    error_message = "packages.evaluator must be set where there is an evaluator. Build it with `make package`."
  }

  validation {
    condition     = var.release_workflow == null || var.packages.release != null
    error_message = "packages.release must be set where there is a release workflow (release_workflow). Build it with `make package`."
  }

  validation {
    condition     = var.trainer == null || var.packages.trainer != null
    error_message = "packages.trainer must be set where there is a trainer. Build it with `make package TRAINER=1`."
  }

  validation {
    condition     = var.http == null || var.packages.http != null
    error_message = "packages.http must be set where there is an endpoint (http). Build it with `make package`."
  }

  validation {
    condition     = try(var.http.jwt, null) == null || var.packages.authorizer != null
    error_message = "packages.authorizer must be set where http.jwt is. Build it with `make package`."
  }
}

variable "prediction_sink" {
  description = "Where predictions go: type \"kinesis\", \"sns\", \"sqs\", \"firehose\", \"eventbridge\" or \"dynamodb\", the stack's own or an existing one. Only the settings of that type apply."
  type = object({
    type = optional(string)
    existing = optional(object({
      arn       = string
      key_arn   = optional(string)
      queue_url = optional(string)
    }))
    dynamodb = optional(object({
      deletion_protection    = optional(bool)
      point_in_time_recovery = optional(bool)
    }))
    firehose = optional(object({
      buffer_mib     = optional(number)
      buffer_seconds = optional(number)
      compression    = optional(string)
      encrypt        = optional(bool)
      force_destroy  = optional(bool)
      keep_days      = optional(number)
    }))
    kinesis = optional(object({
      aggregate_ranges = optional(number)
      retention_hours  = optional(number)
      shards           = optional(number)
      wire             = optional(string)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "release_workflow" {
  description = "A state machine that brings a version into production in stages, or back; null: none. It needs an evaluator. memory_mb: of the function that verifies, as the scorer's."
  type = object({
    approval = optional(object({
      required        = optional(bool)
      timeout_seconds = optional(number)
    }))
    evidence_seconds   = optional(number)
    log_level          = optional(string)
    log_retention_days = optional(number)
    memory_mb          = optional(number)
    poll_seconds       = optional(number)
    retries            = optional(number)
    stages             = optional(list(number))
    topic_key_arn      = optional(string)
    training = optional(object({
      ecs = optional(object({
        cluster_arn         = string
        container           = string
        role_arns           = list(string)
        security_group_ids  = list(string)
        subnet_ids          = list(string)
        task_definition_arn = string
      }))
      function = optional(object({
        arn = string
      }))
      sagemaker = optional(object({
        image         = string
        instance_type = string
        output_path   = string
        role_arn      = string
        volume_gb     = optional(number)
      }))
      timeout_seconds = optional(number)
    }))
    verify_timeout_seconds = optional(number)
  })
  default = null

  validation {
    condition     = var.release_workflow == null || var.evaluator != null
    error_message = "release_workflow needs an evaluator, whose verdicts it waits for: set evaluator = {}, or leave release_workflow out."
  }
}

variable "scorer" {
  description = "The scorer: size, concurrency, logs, tracing, how often it polls for a new release, and what you add to it."
  type = object({
    environment             = optional(map(string))
    ephemeral_storage_mb    = optional(number)
    existing_log_group      = optional(object({ arn = string }))
    layers                  = optional(list(string))
    log_level               = optional(string)
    log_retention_days      = optional(number)
    memory_mb               = optional(number)
    policy_arns             = optional(map(string))
    provisioned_concurrency = optional(number)
    release_poll_seconds    = optional(number)
    reserved_concurrency    = optional(number)
    snap_start              = optional(bool)
    timeout_seconds         = optional(number)
    tracing                 = optional(string)
  })
  default  = {}
  nullable = false
}

variable "shadow_sink" {
  description = "Where a shadow's predictions go, as prediction_sink; null: nowhere."
  type = object({
    type = optional(string)
    existing = optional(object({
      arn       = string
      key_arn   = optional(string)
      queue_url = optional(string)
    }))
    dynamodb = optional(object({
      deletion_protection    = optional(bool)
      point_in_time_recovery = optional(bool)
    }))
    firehose = optional(object({
      buffer_mib     = optional(number)
      buffer_seconds = optional(number)
      compression    = optional(string)
      encrypt        = optional(bool)
      force_destroy  = optional(bool)
      keep_days      = optional(number)
    }))
    kinesis = optional(object({
      retention_hours = optional(number)
      shards          = optional(number)
    }))
    sqs = optional(object({
      retention_seconds  = optional(number)
      visibility_seconds = optional(number)
    }))
  })
  default = null
}

variable "trainer" {
  description = "The function that makes versions of the model from tables in S3; null: none. Needs onnx, to score what it makes. tables: ARNs of objects in other buckets that it may read, table_key_arns: the keys of these. slow_percent: of the timeout, from which a training is slow."
  type = object({
    log_level          = optional(string)
    log_retention_days = optional(number)
    memory_mb          = optional(number)
    slow_percent       = optional(number)
    table_key_arns     = optional(list(string))
    tables             = optional(list(string))
    timeout_seconds    = optional(number)
  })
  default = null

  validation {
    condition     = var.trainer == null || var.onnx
    error_message = "trainer needs onnx = true, because it makes ONNX models, which the scorer must be able to score."
  }
}

variable "xgboost" {
  description = "Whether the scorer's package contains libxgboost, for models that the native engine does not cover. Without it, `millrace model` refuses to publish them."
  type        = bool
  default     = true
  nullable    = false
}
