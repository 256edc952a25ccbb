variable "alias" {
  description = "Alias of the scorer, which is invoked."
  type = object({
    arn           = string
    function_name = string
    name          = string
  })
}

variable "existing" {
  description = "The bot alias of Lex V2, by its ARN. Its locale's Lambda function must be the output scorer.alias_arn."
  type = object({
    arn = string
  })

  validation {
    condition     = can(regex("^arn:[a-z-]+:lex:[a-z0-9-]+:[0-9]{12}:bot-alias/[A-Z0-9]{10}/[A-Z0-9]{10}$", var.existing.arn))
    error_message = "event_bot.existing.arn must be the ARN of a bot alias of Lex V2 (arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS); it is \"${var.existing.arn}\"."
  }
}
