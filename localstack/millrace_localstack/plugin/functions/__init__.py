"""Lambda functions as local processes: what LocalStack does with Docker containers."""
