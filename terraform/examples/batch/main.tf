# A stack that scores files of a bucket that exists.

module "millrace" {
  source = "../../modules/millrace"

  name     = "nightly"
  packages = var.packages

  batch = {
    input_bucket_arns            = [var.input_bucket_arn]
    maximum_concurrency          = 20
    tolerated_failure_percentage = 1
  }
}

# Whoever starts batches, such as your scheduler's role, gets the policy `produce.batch`.
output "start" {
  value = {
    policy            = module.millrace.policies.produce.batch
    state_machine_arn = module.millrace.batch.state_machine_arn
  }
}
