mock_provider "aws" {
  override_during = plan
}

variables {
  alias    = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  existing = { arn = "arn:aws:lex:eu-west-1:123456789012:bot-alias/QC3TSG7YYP/TSTALIASID" }
}

run "a_bot" {
  command = plan

  assert {
    condition     = aws_lambda_permission.bot.principal == "lexv2.amazonaws.com" && aws_lambda_permission.bot.source_arn == var.existing.arn && aws_lambda_permission.bot.qualifier == "live"
    error_message = "Only this bot alias may invoke the function, and only its alias."
  }

  assert {
    condition     = output.source.type == "lex" && output.source.name == "bot-alias/QC3TSG7YYP/TSTALIASID" && output.source.metrics.arrivals.dimensions.BotId == "QC3TSG7YYP"
    error_message = "The source must describe the bot alias."
  }
}

run "no_bot" {
  command = plan

  variables {
    existing = { arn = "arn:aws:lex:eu-west-1:123456789012:bot/QC3TSG7YYP" }
  }

  expect_failures = [var.existing]
}
