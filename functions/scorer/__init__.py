"""The scorer: the Lambda function that turns records into predictions. Start reading at `pipeline`."""
