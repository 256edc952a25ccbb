"""What API Gateway and function URLs do with a request before a function sees it.

signature.py   Signature Version 4 of a request, verified with the secret of the key that it names
callers.py     who has such a key, and what the policies of IAM allow there
authorizer.py  what a Lambda authorizer answers, and its cache
throttle.py    token buckets, and quotas of API keys
"""
