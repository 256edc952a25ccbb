"""Building the Lambda packages, and the native engine that is in one of them."""
