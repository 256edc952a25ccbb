# The command line and the tests read these with `terraform output -json`. modules/millrace/README.md describes them.

output "batch" {
  value = module.millrace.batch
}

output "capture" {
  value = module.millrace.capture
}

output "encryption" {
  value = module.millrace.encryption
}

output "evaluator" {
  value = module.millrace.evaluator
}

output "event_stream" {
  value = module.millrace.event_stream
}

output "event_topic" {
  value = module.millrace.event_topic
}

output "failure_store" {
  value = module.millrace.failure_store
}

output "http" {
  value = module.millrace.http
}

output "model" {
  value = module.millrace.model
}

output "model_store" {
  value = module.millrace.model_store
}

output "observability" {
  value = module.millrace.observability
}

output "policies" {
  value = module.millrace.policies
}

output "prediction_sink" {
  value = module.millrace.prediction_sink
}

output "release_workflow" {
  value = module.millrace.release_workflow
}

output "scorer" {
  value = module.millrace.scorer

  # In an output, because it is about all variables.
  precondition {
    condition     = length(local.unknown_settings) == 0
    error_message = "Unknown settings: ${join("; ", local.unknown_settings)}. Correct the names, or remove the settings."
  }
}

output "shadow_sink" {
  value = module.millrace.shadow_sink
}

output "sinks" {
  value = module.millrace.sinks
}

output "sources" {
  value = module.millrace.sources
}

output "trainer" {
  value = module.millrace.trainer
}
