# The tasks: the server's image on Fargate, in private subnets, replaced one by one.
locals {
  container = "server"
  port      = 8080
  keys      = length(var.api_key_hashes) > 0

  environment = merge(
    {
      ANONYMOUS            = tostring(!local.keys)
      API_KEY_HASHES       = join(",", [for name, hash in var.api_key_hashes : "${name}:${hash}"])
      DRAIN_SECONDS        = tostring(local.drain_seconds)
      HEALTH_ROUTES        = "true"
      LOG_LEVEL            = var.log_level
      MODEL_BUCKET         = var.model_store.bucket
      MODEL_NAME           = var.model_store.name
      MODEL_PUBLIC_KEYS    = join(",", var.model_store.public_keys)
      PUBLIC_PAGE          = tostring(var.public_page)
      RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds)
      SERVICE_NAME         = var.name
    },
    var.environment,
  )

  # The load balancer stops sending within this time; SIGKILL comes after the drain and what it lets finish.
  drain_seconds = 15
  stop_seconds  = 60
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  cpu                      = var.cpu
  execution_role_arn       = aws_iam_role.execution.arn
  memory                   = var.memory_mb
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    cpu_architecture        = var.architecture == "arm64" ? "ARM64" : "X86_64"
    operating_system_family = "LINUX"
  }

  # Empty variables count as absent.
  container_definitions = jsonencode([{
    name                   = local.container
    image                  = var.image
    essential              = true
    environment            = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] } if local.environment[name] != ""]
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] }, initProcessEnabled = false }
    portMappings           = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    readonlyRootFilesystem = true
    stopTimeout            = local.stop_seconds
    user                   = "10001:10001"
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = local.container
        max-buffer-size       = "4m"
        mode                  = "non-blocking"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  desired_count                      = var.scaling.least
  enable_execute_command             = false
  health_check_grace_period_seconds  = 30
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"
  task_definition                    = aws_ecs_task_definition.this.arn

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  load_balancer {
    container_name   = local.container
    container_port   = local.port
    target_group_arn = aws_lb_target_group.this.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.tasks.id]
    subnets          = var.task_subnet_ids
  }

  depends_on = [aws_lb_listener.https]

  lifecycle {
    ignore_changes = [desired_count] # scaling sets it
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}
