variable "alias" {
  description = "Alias of the scorer, which is invoked."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "event_age_seconds" {
  description = "Seconds for which Lambda tries; null: 21600."
  type        = number
  default     = 21600
  nullable    = false
}

variable "failure_arn" {
  description = "ARN of the bucket for the events that Lambda discards after the last retry."
  type        = string
}

variable "maximum_retry_attempts" {
  description = "Retries of an event that failed; null: 2."
  type        = number
  default     = 2
  nullable    = false
}
