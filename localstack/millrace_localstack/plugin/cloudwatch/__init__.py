"""What LocalStack's CloudWatch lacks: metrics from log lines, metric math, percentiles. Pure; the mends use it."""
