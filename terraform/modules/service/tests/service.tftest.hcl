mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1", arn_suffix = "app/web/1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/2", arn_suffix = "targetgroup/web/2" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/3" }
  }
  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/web" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1" }
  }
}

variables {
  access_logs              = { bucket = "logs" }
  api_key_hashes           = { shop = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  certificate_arn          = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
  client_cidrs             = ["10.0.0.0/16"]
  image                    = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/1"
  load_balancer_subnet_ids = ["subnet-1", "subnet-2"]
  model_store              = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions" }
  name                     = "web"
  region                   = "eu-west-1"
  repository_arn           = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
  task_subnet_ids          = ["subnet-3", "subnet-4"]
  vpc_id                   = "vpc-1"
}

run "a_task_is_locked_down" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
    error_message = "The root file system must be read-only."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].user == "10001:10001"
    error_message = "The server must not run as root."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop[0] == "ALL"
    error_message = "A task needs no capabilities."
  }
  assert {
    condition     = !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "Tasks must have no public address."
  }
  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "arm64 is the default."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].stopTimeout > local.drain_seconds + 20
    error_message = "SIGKILL must come after the drain and what it lets finish."
  }
}

run "keys_are_the_default_access" {
  assert {
    condition     = contains([for one in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : "${one.name}=${one.value}"], "ANONYMOUS=false")
    error_message = "A service with keys must not be anonymous."
  }
}

run "deployments_roll_back" {
  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].rollback && aws_ecs_service.this.deployment_minimum_healthy_percent == 100
    error_message = "A deployment that fails must roll back, and never leave fewer tasks."
  }
}

run "clients_use_tls" {
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && strcontains(aws_lb_listener.https.ssl_policy, "TLS13-1-2")
    error_message = "TLS 1.2 or newer."
  }
  assert {
    condition     = aws_lb_listener.https.default_action[0].type == "fixed-response"
    error_message = "Only the endpoint's paths are passed on."
  }
  assert {
    condition     = length(aws_lb_listener_rule.page) == 0 && length(aws_wafv2_web_acl_association.this) == 0
    error_message = "Page and firewall are optional."
  }
}

run "what_scales_and_what_is_watched" {
  assert {
    condition     = join(" ", sort(keys(aws_cloudwatch_metric_alarm.this))) == "errors latency limit release unhealthy"
    error_message = "Each alarm must be there."
  }
  assert {
    condition     = aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/web/1/targetgroup/web/2"
    error_message = "The policy must name load balancer and target group."
  }
}

run "page_and_firewall" {
  variables {
    public_page = true
    web_acl_arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"
  }

  assert {
    condition     = length(aws_lb_listener_rule.page) == 1 && length(aws_wafv2_web_acl_association.this) == 1
    error_message = "Both must be there."
  }
}

run "the_key_is_used_through_s3_only" {
  command = plan

  assert {
    condition     = [for statement in data.aws_iam_policy_document.task.statement : [for one in statement.condition : "${one.variable} ${join(",", one.values)}"] if contains(statement.actions, "kms:Decrypt")] == [["kms:ViaService s3.eu-west-1.amazonaws.com"]]
    error_message = "The model store's key must be used through S3 only."
  }
}

run "what_the_stack_signs_is_verified" {
  command = plan

  variables {
    model_store = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions", public_keys = ["MFkw1", "MFkw2"] }
  }

  assert {
    condition     = contains([for one in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : "${one.name}=${one.value}"], "MODEL_PUBLIC_KEYS=MFkw1,MFkw2")
    error_message = "A model must have a signature by one of the stack's keys."
  }
}
