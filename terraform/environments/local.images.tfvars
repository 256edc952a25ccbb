# With `make demo EXAMPLE=images`, on top of local.tfvars: photographs under a prefix and over HTTP, ONNX Runtime, Pillow.
event_objects = {
  force_destroy = true
  keep_days     = 1
  prefix        = "photographs/"
}

http = {
  access               = "api_key"
  health_routes        = true
  log_retention_days   = 1
  memory_mb            = 1769
  public_page          = true
  release_poll_seconds = 1
  timeout_seconds      = 29
}

images = true

onnx = true

# A cold start reads 18 MB, and scores the golden photographs.
scorer = {
  log_retention_days   = 1
  memory_mb            = 1769
  release_poll_seconds = 1
  reserved_concurrency = 10
  timeout_seconds      = 60
}
