# A stack in private subnets without a route to the internet, under a permissions boundary. AWS's services are reached through
# endpoints in the VPC.

module "millrace" {
  source = "../../modules/millrace"

  name     = "clicks"
  packages = { scorer = var.scorer_package }

  functions = {
    permissions_boundary = var.permissions_boundary
    role_path            = "/ml/"
    vpc                  = { security_group_ids = [aws_security_group.functions.id], subnet_ids = var.subnet_ids }
  }
}

resource "aws_security_group" "functions" {
  name        = "clicks-functions"
  description = "Functions of the stack clicks: HTTPS to the endpoints of AWS services"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id            = aws_security_group.functions.id
  description                  = "The endpoints of this VPC"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.endpoints.id
  to_port                      = 443
}

# S3 has a gateway endpoint, whose addresses are in a prefix list.
resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.functions.id
  description       = "S3, through its gateway endpoint"
  from_port         = 443
  ip_protocol       = "tcp"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  to_port           = 443
}

resource "aws_security_group" "endpoints" {
  name        = "clicks-endpoints"
  description = "Endpoints of AWS services, for the functions of the stack clicks"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "functions" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "The functions"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.functions.id
  to_port                      = 443
}

data "aws_region" "current" {}

resource "aws_vpc_endpoint" "s3" {
  service_name    = "com.amazonaws.${data.aws_region.current.id}.s3"
  route_table_ids = var.route_table_ids
  vpc_id          = var.vpc_id
}

# Only the services that the scorer calls; with event_objects.batch these are also "states". Logs and metrics leave through
# Lambda itself, and S3 uses the key on its own.
resource "aws_vpc_endpoint" "service" {
  for_each = toset(["kinesis-streams"])

  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  service_name        = "com.amazonaws.${data.aws_region.current.id}.${each.key}"
  subnet_ids          = var.subnet_ids
  vpc_endpoint_type   = "Interface"
  vpc_id              = var.vpc_id
}
