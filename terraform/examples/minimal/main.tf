module "millrace" {
  source = "../../modules/millrace"

  name            = "clicks"
  event_stream    = { shards = 4 }
  prediction_sink = { type = "sns" }
  packages        = { scorer = var.scorer_package }
}

output "predictions" {
  value = module.millrace.prediction_sink.arn
}
