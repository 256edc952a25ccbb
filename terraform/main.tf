# One stack. What it is made of is in modules/millrace, which can be called from any Terraform.

locals {
  build   = "${path.module}/../build"
  trainer = try(var.trainer.framework, "onnx") == "xgboost" ? "-xgboost" : ""
  flavour = "${var.architecture}${var.onnx ? "-onnx" : ""}${var.images ? "-images" : ""}${var.xgboost ? "" : "-without-xgboost"}"
}

module "millrace" {
  source = "./modules/millrace"

  alarms           = var.alarms
  architecture     = var.architecture
  batch            = var.batch
  capture          = var.capture
  encryption       = var.encryption
  evaluator        = var.evaluator
  event_bot        = var.event_bot
  event_bus        = var.event_bus
  event_objects    = var.event_objects
  event_queue      = var.event_queue
  event_schedule   = var.event_schedule
  event_stream     = var.event_stream
  event_streams    = var.event_streams
  event_table      = var.event_table
  event_topic      = var.event_topic
  failure_store    = var.failure_store
  functions        = var.functions
  http             = var.http
  images           = var.images
  model            = var.model
  model_store      = var.model_store
  name             = var.name
  onnx             = var.onnx
  prediction_sink  = var.prediction_sink
  release_workflow = var.release_workflow
  scorer           = var.scorer
  shadow_sink      = var.shadow_sink
  trainer          = var.trainer
  xgboost          = var.xgboost

  packages = {
    authorizer = coalesce(var.packages.authorizer, "${local.build}/authorizer-${var.architecture}.zip")
    batch      = coalesce(var.packages.batch, "${local.build}/batch-${local.flavour}.zip")
    evaluator  = coalesce(var.packages.evaluator, "${local.build}/evaluator-${var.architecture}.zip")
    http       = coalesce(var.packages.http, "${local.build}/http-${local.flavour}.zip")
    release    = coalesce(var.packages.release, "${local.build}/release-${var.architecture}.zip")
    scorer     = coalesce(var.packages.scorer, "${local.build}/scorer-${local.flavour}.zip")
    trainer    = coalesce(var.packages.trainer, "${local.build}/trainer-${var.architecture}${local.trainer}.zip")
  }
}
