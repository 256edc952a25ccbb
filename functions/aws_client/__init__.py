"""Clients for S3, Kinesis and other services on the standard library: the part of botocore that the scorer needs.

Importing botocore takes longer than scoring a batch. The methods of these clients take the same keyword arguments and
return the same members as botocore's, so the scorer and the model store accept either kind.

Not supported: credentials from files or instance metadata; proxies; all other operations. Nothing here logs.

credentials              keys from the environment, or from a container's endpoint
endpoints, hosts         region and hosts, from the environment
sigv4                    request signing
http1, connection        one request and its response on a connection, with size limits
tls, pool                TLS contexts; persistent connections
caller                   signs, sends and retries; errors in botocore's shape
kinesis, s3, sqs, …      the operations of a service each
"""

from __future__ import annotations

from aws_client.session import Session

__all__ = ["Session"]
