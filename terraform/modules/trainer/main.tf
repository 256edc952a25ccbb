locals {
  # What the package is too large to be uploaded with: Lambda reads it from the model store.
  packaged = startswith(var.package, "s3://")
  tables   = "tables/${var.model_name}/"
  # As the framework names it.
  model_file = { onnx = "model.onnx", xgboost = "model.ubj" }[var.framework]
}

resource "aws_s3_object" "package" {
  count = local.packaged ? 0 : 1

  bucket      = var.model_store.bucket
  key         = "packages/${var.name}-trainer.zip"
  source      = var.package
  source_hash = filebase64sha256(var.package)
}

# Its concurrency is not reserved: operators and workflows invoke it, and the account's concurrency is enough.
module "function" {
  source = "../lambda_function"

  architecture       = var.architecture
  description        = "Trains models from tables in S3"
  environment        = { MODEL_BUCKET = var.model_store.bucket, MODEL_NAME = var.model_name, TRAINER_FRAMEWORK = var.framework }
  function           = "trainer"
  key_arn            = var.key_arn
  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  memory_mb          = var.memory_mb
  name               = var.name
  package            = local.packaged ? var.package : "s3://${aws_s3_object.package[0].bucket}/${aws_s3_object.package[0].key}?versionId=${aws_s3_object.package[0].version_id}"
  place              = var.place
  region             = var.account.region
  timeout_seconds    = var.timeout_seconds
}
