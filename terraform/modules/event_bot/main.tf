# Lex calls the alias of the scorer that the bot's alias names as its fulfilment hook, and waits for the answer.
resource "aws_lambda_permission" "bot" {
  statement_id  = "event-bot"
  action        = "lambda:InvokeFunction"
  function_name = var.alias.function_name
  principal     = "lexv2.amazonaws.com"
  qualifier     = var.alias.name
  source_arn    = var.existing.arn
}

locals {
  # arn:partition:lex:region:account:bot-alias/bot/alias
  bot = reverse(split(":", var.existing.arn))[0]

  source = {
    type = "lex"
    name = local.bot
    arn  = var.existing.arn

    delivery              = null
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = null
    concurrency = 1
    policy      = null

    # What a client of the bot needs.
    produce = [
      { Effect = "Allow", Action = ["lex:RecognizeText", "lex:RecognizeUtterance", "lex:StartConversation"], Resource = var.existing.arn },
    ]

    metrics = {
      arrivals = { namespace = "AWS/Lex", name = "RuntimeRequestCount", dimensions = { BotAliasId = reverse(split("/", local.bot))[0], BotId = split("/", local.bot)[1], Operation = "RecognizeText" }, label = "bot" }
    }

    alarms = {} # the caller sees what fails
  }
}
