# With `make demo EXAMPLE=digits` and `EXAMPLE=text`, on top of local.tfvars: a function that trains, and models of ONNX.
onnx = true

trainer = {
  log_retention_days = 1
  memory_mb          = 3008
}
