# A stack whose versions go into production by a workflow, which trains them by a function of your own.

module "millrace" {
  source = "../../modules/millrace"

  name      = "intent"
  evaluator = {}
  packages  = { evaluator = var.evaluator_package, release = var.release_package, scorer = var.scorer_package }

  release_workflow = {
    approval = { required = true }
    stages   = [0.05, 0.25]
    training = { function = { arn = var.trainer_arn } }
  }
}

output "release" {
  value = module.millrace.release_workflow
}
