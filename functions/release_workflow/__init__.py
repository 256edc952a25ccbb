"""The Lambda function of the release workflow: `handler.handle`. Its steps are in `releases`."""
