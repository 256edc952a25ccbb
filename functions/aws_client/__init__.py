"""Calls of S3, Kinesis, SNS and SQS with the standard library alone: what botocore does for the scorer, and no more.

Importing botocore takes longer than scoring a batch. `Session.client` gives clients whose methods take the same keyword
arguments and return the same members, so that either kind can be passed to the scorer and to the model store.

Left out: profiles, roles and every other source of credentials than the environment; proxies; FIPS and dual-stack hosts
(name one by AWS_ENDPOINT_URL_<SERVICE>); all other operations. Nothing here logs.

credentials, endpoints   what the environment says: keys, region, hosts
sigv4                    the signature of a request
http1, connection        one request and its answer on a connection; limits of what is read
tls, pool                connections that are kept open, and how they begin
caller                   signing, sending, trying again; errors in botocore's shape
kinesis, s3, sns, sqs    the operations
"""

from __future__ import annotations

from aws_client.session import Session

__all__ = ["Session"]
