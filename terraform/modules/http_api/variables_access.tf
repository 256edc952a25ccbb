# Of the address: who may request what, from where and how often.

variable "access" {
  description = "Who may request predictions: \"iam\" (signed requests), \"api_key\" (x-api-key, with a usage plan), \"jwt\" (a token of your identity provider) or \"anonymous\" (everyone)."
  type        = string
  default     = "iam"
  nullable    = false

  validation {
    condition     = contains(["anonymous", "api_key", "iam", "jwt"], var.access)
    error_message = "http.access must be \"iam\", \"api_key\", \"jwt\" or \"anonymous\"; it is \"${var.access}\"."
  }

  # A function URL that is open to everyone needs a permission that the provider cannot limit to the URL.
  validation {
    condition     = var.kind == "rest_api" || var.access == "iam"
    error_message = "http.access must be \"iam\" where http.kind is \"function_url\", which knows no other; it is \"${var.access}\". Use http.kind = \"rest_api\"."
  }
}

variable "access_log" {
  description = "Whether API Gateway logs each request: caller, status and times, no payloads. The account needs a role for that (see account_log_role)."
  type        = bool
  default     = true
  nullable    = false
}

variable "account_log_role" {
  description = "Whether to set the role with which API Gateway writes logs, one for the account and region: true where the account has none yet."
  type        = bool
  default     = false
  nullable    = false
}

variable "api_keys" {
  description = "Names of the API keys, one for each caller, where access is \"api_key\"."
  type        = list(string)
  default     = ["default"]
  nullable    = false

  validation {
    condition     = length(var.api_keys) == length(distinct(var.api_keys)) && alltrue([for key in var.api_keys : can(regex("^[A-Za-z0-9_-]{1,64}$", key))])
    error_message = "http.api_keys must be different names of 1 to 64 letters, digits, \"_\" and \"-\"; they are ${jsonencode(var.api_keys)}."
  }
}

variable "authorizer_package" {
  description = "Path of the authorizer's zip, where access is \"jwt\"."
  type        = string
  default     = null
}

variable "domain" {
  description = "A domain of your own, with its certificate in ACM, in the stack's region; TLS 1.2 or newer. It replaces API Gateway's default address."
  type = object({
    certificate_arn = string
    name            = string
  })
  default = null

  validation {
    condition     = var.domain == null || var.kind == "rest_api"
    error_message = "http.domain needs http.kind = \"rest_api\": a function URL has an address of its own."
  }

  validation {
    condition     = var.domain == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/", var.domain.certificate_arn))
    error_message = "http.domain.certificate_arn must be the ARN of a certificate in ACM; it is \"${try(var.domain.certificate_arn, "")}\"."
  }
}

variable "health_routes" {
  description = "Whether /ping, /v2/health/live and /v2/health/ready are there; on a REST API they are open to everyone."
  type        = bool
  default     = false
  nullable    = false
}

variable "jwt" {
  description = "Tokens that are accepted where access is \"jwt\": the issuer (iss), the audience (aud), the address of the issuer's keys (JWKS), optionally a scope that the token must have, and for how long API Gateway keeps a decision."
  type = object({
    audience      = string
    cache_seconds = optional(number, 300)
    issuer        = string
    jwks_url      = string
    scope         = optional(string)
  })
  default = null

  validation {
    condition     = (var.access == "jwt") == (var.jwt != null)
    error_message = "http.jwt (issuer, audience, jwks_url) must be set where http.access is \"jwt\", and only there; http.access is \"${var.access}\"."
  }

  # Keys that came over a connection without TLS prove nothing.
  validation {
    condition     = var.jwt == null ? true : can(regex("^https://|^http://127[.]0[.]0[.]1[:/]", var.jwt.jwks_url))
    error_message = "http.jwt.jwks_url must begin with https:// (http:// on 127.0.0.1 only); it is \"${try(var.jwt.jwks_url, "")}\"."
  }

  validation {
    condition     = var.jwt == null ? true : var.jwt.cache_seconds >= 0 && var.jwt.cache_seconds <= 3600
    error_message = "http.jwt.cache_seconds must be between 0 and 3600 (a limit of API Gateway); it is ${try(var.jwt.cache_seconds, 0)}."
  }
}

variable "key_limits" {
  description = "Limits of each API key: requests a second, burst, and a quota by DAY, WEEK or MONTH; default: those of throttle, and no quota."
  type = object({
    burst = optional(number)
    quota = optional(object({
      limit  = number
      period = string
    }))
    rate = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.key_limits.quota == null ? true : contains(["DAY", "WEEK", "MONTH"], var.key_limits.quota.period) && var.key_limits.quota.limit >= 1
    error_message = "http.key_limits.quota must have a limit of 1 or more and the period DAY, WEEK or MONTH; it is ${jsonencode(var.key_limits.quota)}."
  }
}

variable "kind" {
  description = "\"rest_api\": API Gateway, with every setting of this module; \"function_url\": Lambda's own address, with access = \"iam\" only, at no price of its own."
  type        = string
  default     = "rest_api"
  nullable    = false

  validation {
    condition     = contains(["function_url", "rest_api"], var.kind)
    error_message = "http.kind must be \"rest_api\" or \"function_url\"; it is \"${var.kind}\"."
  }
}

variable "public_page" {
  description = "Whether the page at / and /openapi.json are open to everyone. Predictions are not: the page asks for a key or token."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.public_page || var.kind == "rest_api"
    error_message = "http.public_page needs http.kind = \"rest_api\": no path of a function URL can be open while the others are not."
  }
}

variable "throttle" {
  description = "Requests a second of all callers together, and the burst above it; more get 429. A function URL has none but its concurrency."
  type = object({
    burst = optional(number, 200)
    rate  = optional(number, 100)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst >= 1 && floor(var.throttle.burst) == var.throttle.burst
    error_message = "http.throttle needs a rate of more than 0 and a burst of 1 or more, or all requests are refused; it is ${jsonencode(var.throttle)}."
  }
}

variable "waf_acl_arn" {
  description = "ARN of a regional web ACL (WAF) in front of the API; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.waf_acl_arn == null || var.kind == "rest_api"
    error_message = "http.waf_acl_arn needs http.kind = \"rest_api\": a function URL has no web ACL."
  }
}
