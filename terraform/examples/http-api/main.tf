# Predictions over HTTP at a domain of your own: tokens of your identity provider, and a web ACL that limits each address.

module "millrace" {
  source = "../../modules/millrace"

  name = "scores"

  http = {
    access = "jwt"
    domain = {
      certificate_arn = var.certificate_arn
      name            = var.domain
    }
    jwt = {
      audience = "predictions"
      issuer   = var.issuer
      jwks_url = "${var.issuer}/.well-known/jwks.json"
    }
    waf_acl_arn = aws_wafv2_web_acl.requests.arn
  }

  packages = var.packages
}

resource "aws_wafv2_web_acl" "requests" {
  name  = "scores-requests"
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "one-address"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = 10000 # in five minutes
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "one-address"
      sampled_requests_enabled   = false # a sample holds headers, and with them the token
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "scores-requests"
    sampled_requests_enabled   = false
  }
}

# The record of the domain, in the zone that you have.
resource "aws_route53_record" "scores" {
  name    = var.domain
  type    = "A"
  zone_id = var.zone_id

  alias {
    evaluate_target_health = false
    name                   = module.millrace.http.domain_target.host
    zone_id                = module.millrace.http.domain_target.zone_id
  }
}

output "millrace" {
  value = module.millrace
}
