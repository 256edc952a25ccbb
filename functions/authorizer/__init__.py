"""The Lambda authorizer of the endpoint: who has a valid token of the configured issuer may request predictions."""
