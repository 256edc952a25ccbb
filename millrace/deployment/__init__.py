"""Deploying: Terraform, on LocalStack and on AWS."""
