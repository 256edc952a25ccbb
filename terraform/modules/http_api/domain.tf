# A domain of your own takes TLS 1.2 or newer; the DNS record that leads to it is yours (output domain_target).
resource "aws_api_gateway_domain_name" "this" {
  count = local.rest && var.domain != null ? 1 : 0

  domain_name              = var.domain.name
  regional_certificate_arn = var.domain.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  count = local.rest && var.domain != null ? 1 : 0

  api_id      = aws_api_gateway_rest_api.this[0].id
  domain_name = aws_api_gateway_domain_name.this[0].domain_name
  stage_name  = aws_api_gateway_stage.live[0].stage_name
}
