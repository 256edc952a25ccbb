# With `make up HTTP=1` and `make demo EXAMPLE=http`, on top of local.tfvars: an endpoint for predictions, with a page.
http = {
  access               = "api_key"
  health_routes        = true
  log_retention_days   = 1
  public_page          = true
  release_poll_seconds = 1
  timeout_seconds      = 10
}
