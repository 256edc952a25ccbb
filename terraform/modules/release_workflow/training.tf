# The training task is a function, an ECS task or a SageMaker job. Each gets the same input, stores the version in the model
# store, and is waited for. What may pass is tried again; a training that failed or timed out is not: it would again, for money.
locals {
  # Without `try`: with an ARN that is known after the apply only, its result would be unknown, and what counts by it.
  training_kind = var.training == null ? null : (
    var.training.function != null ? "function" : var.training.ecs != null ? "ecs" : "sagemaker"
  )

  service = "arn:${var.account.partition}:states:::"

  training_tasks = {
    function = {
      Resource   = "${local.service}lambda:invoke"
      Parameters = { FunctionName = try(var.training.function.arn, ""), "Payload.$" = "$.begun.training" }
      # The answer of a function is of any size and form: what matters is the version in the store.
      ResultSelector = { "status.$" = "$.StatusCode" }
    }
    ecs = {
      Resource = "${local.service}ecs:runTask.sync"
      Parameters = {
        Cluster        = try(var.training.ecs.cluster_arn, "")
        LaunchType     = "FARGATE"
        TaskDefinition = try(var.training.ecs.task_definition_arn, "")
        NetworkConfiguration = {
          AwsvpcConfiguration = {
            Subnets        = try(var.training.ecs.subnet_ids, [])
            SecurityGroups = try(var.training.ecs.security_group_ids, [])
            AssignPublicIp = "DISABLED"
          }
        }
        Overrides = {
          ContainerOverrides = [{
            Name        = try(var.training.ecs.container, "")
            Environment = [{ Name = "TRAINING_INPUT", "Value.$" = "States.JsonToString($.begun.training)" }]
          }]
        }
      }
      ResultSelector = { "status.$" = "$.LastStatus" }
    }
    sagemaker = {
      Resource = "${local.service}sagemaker:createTrainingJob.sync"
      Parameters = {
        "TrainingJobName.$"    = "$$.Execution.Name"
        AlgorithmSpecification = { TrainingImage = try(var.training.sagemaker.image, ""), TrainingInputMode = "File" }
        Environment            = { "TRAINING_INPUT.$" = "States.JsonToString($.begun.training)" }
        OutputDataConfig       = { S3OutputPath = try(var.training.sagemaker.output_path, "") }
        ResourceConfig         = { InstanceCount = 1, InstanceType = try(var.training.sagemaker.instance_type, ""), VolumeSizeInGB = try(var.training.sagemaker.volume_gb, 30) }
        RoleArn                = try(var.training.sagemaker.role_arn, "")
        StoppingCondition      = { MaxRuntimeInSeconds = try(var.training.timeout_seconds, 3600) }
      }
      ResultSelector = { "status.$" = "$.TrainingJobStatus" }
    }
  }

  passing = {
    function  = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"]
    ecs       = ["ECS.AmazonECSException", "ECS.ServerException"]
    sagemaker = ["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException"]
  }

  training_state = { for kind in local.training_kind[*] : "Train" => merge(local.training_tasks[kind], {
    Type           = "Task"
    TimeoutSeconds = var.training.timeout_seconds
    Retry          = [merge(local.backoff, { ErrorEquals = local.passing[kind] })]
    Catch          = local.caught
    ResultPath     = "$.trained"
    Next           = "Verify"
  }) }

  # https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html, …/connect-sagemaker.html
  execution_arn = try(replace(var.training.ecs.task_definition_arn, "/:[0-9]+$/", ""), "")
  training_statements = {
    function = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = compact([try(var.training.function.arn, "")]) }]
    ecs = [
      { Effect = "Allow", Action = "ecs:RunTask", Resource = ["${local.execution_arn}:*"] },
      {
        Effect    = "Allow"
        Action    = ["ecs:DescribeTasks", "ecs:StopTask"]
        Resource  = ["arn:${var.account.partition}:ecs:${var.account.region}:${var.account.id}:task/*"]
        Condition = { ArnEquals = { "ecs:cluster" = try(var.training.ecs.cluster_arn, "") } }
      },
      {
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = try(var.training.ecs.role_arns, [])
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = ["arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:rule/StepFunctionsGetEventsForECSTaskRule"]
      },
    ]
    sagemaker = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]
        Resource = ["arn:${var.account.partition}:sagemaker:${var.account.region}:${var.account.id}:training-job/*"]
      },
      {
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = compact([try(var.training.sagemaker.role_arn, "")])
        Condition = { StringEquals = { "iam:PassedToService" = "sagemaker.amazonaws.com" } }
      },
      {
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = ["arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"]
      },
    ]
  }
}

resource "aws_iam_role_policy" "training" {
  count = local.training_kind == null ? 0 : 1

  name = "training"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.training_statements[coalesce(local.training_kind, "function")]
  })
}
