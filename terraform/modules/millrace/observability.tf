locals {
  # Batches that Lambda discards for the scorer go to the failure store; the evaluator keeps its own.
  functions = merge(
    { scorer = {
      name       = module.scorer.function_name
      on_failure = module.failure_store.on_failure
      alarms     = merge(module.scorer.alarms, module.failure_store.alarms)
    } },
    { for evaluator in module.evaluator : "evaluator" => {
      name       = evaluator.function_name
      on_failure = evaluator.on_failure
      alarms     = evaluator.alarms
    } },
    { for trainer in module.trainer : "trainer" => {
      name       = trainer.function_name
      on_failure = null
      alarms     = trainer.alarms
    } },
    { for http in module.http_api : "http" => {
      name       = http.function_name
      on_failure = null
      alarms     = http.alarms
    } },
    { for workflow in module.release_workflow : "release" => {
      name       = workflow.function_name
      on_failure = null
      alarms     = workflow.alarms
    } },
  )
}

# Off the flow of events: it watches all the others.
module "observability" {
  source = "../observability"

  account   = local.account
  alarms    = var.alarms
  endpoints = { for http in module.http_api : "http_api" => { metrics = http.metrics } }
  functions = local.functions
  key_arn   = module.encryption.key_arn
  name      = var.name
  sinks     = local.sinks
  sources   = local.sources
}
