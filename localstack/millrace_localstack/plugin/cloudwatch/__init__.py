"""What LocalStack's CloudWatch lacks: metrics from log lines, metric math, percentiles. Pure; the patches use it."""
