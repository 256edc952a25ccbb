# Clients reach the load balancer, it reaches the tasks, and they reach AWS's services by HTTPS.
resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-load-balancer"
  description = "Load balancer of ${var.name}: HTTPS from its clients"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = toset(var.client_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  cidr_ipv4         = each.key
  description       = "Clients"
  from_port         = 443
  ip_protocol       = "tcp"
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "The tasks"
  from_port                    = local.port
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.tasks.id
  to_port                      = local.port
}

resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "Tasks of ${var.name}: requests from the load balancer, HTTPS to AWS services"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "The load balancer"
  from_port                    = local.port
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.load_balancer.id
  to_port                      = local.port
}

resource "aws_vpc_security_group_egress_rule" "to_services" {
  security_group_id = aws_security_group.tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "S3, ECR, KMS and CloudWatch Logs, through endpoints or a NAT gateway"
  from_port         = 443
  ip_protocol       = "tcp"
  to_port           = 443
}
