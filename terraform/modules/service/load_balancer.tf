# TLS ends here; only the paths of the endpoint are passed on.
resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:the firewall is the caller's choice: web_acl_arn
  #checkov:skip=CKV2_AWS_20:nothing listens for plain HTTP, so there is nothing to redirect
  name                       = var.name
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  idle_timeout               = 60 # the server keeps connections for 75 s: the load balancer must be the one that closes
  internal                   = var.internal
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.load_balancer.id]
  subnets                    = var.load_balancer_subnet_ids

  access_logs {
    bucket  = var.access_logs.bucket
    enabled = true
    prefix  = var.access_logs.prefix
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; behind it is only this security group's traffic within the VPC
  name                          = var.name
  deregistration_delay          = 30
  load_balancing_algorithm_type = "least_outstanding_requests"
  port                          = local.port
  protocol                      = "HTTP"
  target_type                   = "ip"
  vpc_id                        = var.vpc_id

  # Ready with a verified model, and not while it drains.
  health_check {
    healthy_threshold   = 2
    interval            = 5
    matcher             = "200"
    path                = "/v2/health/ready"
    protocol            = "HTTP"
    timeout             = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  certificate_arn   = var.certificate_arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode({ title = "Not Found", status = 404 })
      status_code  = "404"
    }
  }
}

# Health and metrics are for the load balancer and Prometheus, which ask the tasks themselves.
resource "aws_lb_listener_rule" "health" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode({ title = "Not Found", status = 404 })
      status_code  = "404"
    }
  }

  condition {
    path_pattern { values = ["/v2/health/*"] }
  }
}

resource "aws_lb_listener_rule" "endpoint" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 20

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  condition {
    path_pattern { values = ["/predict", "/invocations", "/v2", "/v2/*"] }
  }
}

resource "aws_lb_listener_rule" "page" {
  count = var.public_page ? 1 : 0

  listener_arn = aws_lb_listener.https.arn
  priority     = 30

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  condition {
    path_pattern { values = ["/", "/openapi.json", "/static/*", "/*.js", "/*.css"] }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.web_acl_arn == null ? 0 : 1

  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.web_acl_arn
}
