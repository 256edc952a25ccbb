# Alarms as data: observability creates them, and describes the members. A candidate that is rolled back is no failure: the
# function notifies of it.
locals {
  of_machine = { namespace = "AWS/States", dimensions = { StateMachineArn = local.state_machine_arn }, statistic = "Sum" }

  alarms = {
    # No threshold: each is a release that an operator expects to continue.
    "release-workflow-failed" = {
      meaning = "A release workflow failed, timed out or was stopped: the version is not in production."
      runbook = "A release workflow failed"
      metrics = {
        aborted   = merge(local.of_machine, { name = "ExecutionsAborted" })
        failed    = merge(local.of_machine, { name = "ExecutionsFailed" })
        timed_out = merge(local.of_machine, { name = "ExecutionsTimedOut" })
      }
      expression = "FILL(aborted, 0) + FILL(failed, 0) + FILL(timed_out, 0)"
      above      = 0
      missing    = "notBreaching" # no workflow, so none failed
    }
  }
}
