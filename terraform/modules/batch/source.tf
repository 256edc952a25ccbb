# What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md). Batches have a
# function of their own: they take nothing of the scorer's concurrency, and no part of its role.
locals {
  source = {
    type = "batch_item"
    name = local.state_machine
    arn  = "${local.arn}:stateMachine:${local.state_machine}"

    delivery              = null
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = null
    concurrency = 0
    policy      = null

    produce = [
      { Effect = "Allow", Action = "states:StartExecution", Resource = [for name in local.state_machines : "${local.arn}:stateMachine:${name}"] },
    ]

    # Runs are started by operators and schedules: none is no silence.
    metrics = {}

    alarms = merge(local.workflow_alarms, {
      # No threshold: a run that failed has rows without a prediction until an operator redrives it.
      "batch-runs-failed" = {
        meaning = "A batch failed, timed out or was refused: not every row of its input has a prediction."
        runbook = "A batch failed"
        metrics = {
          failed    = { namespace = "AWS/States", name = "ExecutionsFailed", dimensions = { StateMachineArn = "${local.arn}:stateMachine:${local.state_machine}" }, statistic = "Sum" }
          timed_out = { namespace = "AWS/States", name = "ExecutionsTimedOut", dimensions = { StateMachineArn = "${local.arn}:stateMachine:${local.state_machine}" }, statistic = "Sum" }
        }
        expression = "FILL(failed, 0) + FILL(timed_out, 0)"
        above      = 0
        missing    = "notBreaching" # no run, so none failed
      }
    })
  }

  state_machines = concat([local.state_machine], aws_sfn_state_machine.workflow[*].name)
}
