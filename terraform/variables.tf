# The root's own variables have a type. The others are passed on as they are: modules/millrace has their types, limits and
# descriptions.

variable "alarms" {
  description = "Thresholds of the alarms, and where they go."
  type        = any
  default     = null
}

variable "architecture" {
  description = "Instruction set of the functions: arm64 (cheaper on AWS) or x86_64. It selects the scorer's package."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "batch" {
  description = "Scores objects in S3 by a state machine; null: none."
  type        = any
  default     = null
}

variable "capture" {
  description = "Data capture: the bucket with scored rows; null: none."
  type        = any
  default     = null
}

variable "encryption" {
  description = "The key that encrypts everything."
  type        = any
  default     = null
}

variable "evaluator" {
  description = "The function that measures model quality and drift; null: none."
  type        = any
  default     = null
}

variable "event_bot" {
  description = "Lex bot whose fulfilment hook the scorer is; null: none."
  type        = any
  default     = null
}

variable "event_bus" {
  description = "EventBridge bus that events arrive on; null: none."
  type        = any
  default     = null
}

variable "event_objects" {
  description = "Bucket whose new objects are scored; null: none."
  type        = any
  default     = null
}

variable "event_queue" {
  description = "SQS queue that events arrive on; null: none."
  type        = any
  default     = null
}

variable "event_schedule" {
  description = "Schedule on which a prefix of a bucket is scored; null: none."
  type        = any
  default     = null
}

variable "event_stream" {
  description = "Kinesis stream that events arrive on."
  type        = any
  default     = null
}

variable "event_streams" {
  description = "Further Kinesis streams that events arrive on, by name."
  type        = any
  default     = null
}

variable "event_table" {
  description = "DynamoDB table whose changes are events; null: none."
  type        = any
  default     = null
}

variable "event_topic" {
  description = "SNS topic that events arrive on."
  type        = any
  default     = null
}

variable "failure_store" {
  description = "Bucket for quarantined events and discarded batches."
  type        = any
  default     = null
}

variable "functions" {
  description = "Where the functions run and what limits the stack's roles."
  type        = any
  default     = null
}

variable "http" {
  description = "Synchronous predictions over HTTP; null: none."
  type        = any
  default     = null
}

variable "images" {
  description = "Whether the scorer's package contains Pillow. It selects the package."
  type        = bool
  default     = false
  nullable    = false
}

variable "model" {
  description = "The model that the scorer serves."
  type        = any
  default     = null
}

variable "model_store" {
  description = "Bucket with model artifacts and releases."
  type        = any
  default     = null
}

variable "name" {
  description = "Name of the stack, and prefix of all its resources."
  type        = string
  default     = "millrace"
  nullable    = false
}

variable "onnx" {
  description = "Whether the scorer's package contains ONNX Runtime. It selects the package."
  type        = bool
  default     = false
  nullable    = false
}

variable "packages" {
  description = "Paths of the functions' zips; left out, those in ../build for the architecture and the libraries that are chosen."
  type = object({
    authorizer = optional(string)
    batch      = optional(string)
    evaluator  = optional(string)
    http       = optional(string)
    release    = optional(string)
    scorer     = optional(string)
    trainer    = optional(string)
  })
  default  = {}
  nullable = false
}

variable "prediction_sink" {
  description = "Where predictions go."
  type        = any
  default     = null
}

variable "release_workflow" {
  description = "A state machine that brings a version into production in stages, or back; null: none."
  type        = any
  default     = null
}

variable "scorer" {
  description = "The function that scores events."
  type        = any
  default     = null
}

variable "shadow_sink" {
  description = "Where a shadow's predictions go; null: nowhere."
  type        = any
  default     = null
}

variable "tags" {
  description = "Tags for every resource, in addition to application and stack."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "trainer" {
  description = "The function that makes versions of the model from tables in S3; null: none."
  type        = any
  default     = null
}

variable "xgboost" {
  description = "Whether the scorer's package contains libxgboost. It selects the package."
  type        = bool
  default     = true
  nullable    = false
}
