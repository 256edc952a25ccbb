"""AWS's limits that a stack meets, with their defaults in us-east-1.

A hard limit is AWS's design; a quota can be raised in Service Quotas by the name that it has here.
"""

from millrace.services.quota import Quota

KIB, MIB = 1024, 1024 * 1024

# Kinesis: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
SHARD_RECORDS, SHARD_BYTES = 1_000, MIB  # written a second
RECORD_BYTES = MIB
# Lambda: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
BATCH_RECORDS, BATCH_BYTES = 10_000, 6_000_000
PARALLELIZATION = 10
VCPU_MB = 1_769  # of memory, for one vCPU

SHARDS = Quota("Kinesis", "Shards per Region", 20_000)
CONCURRENCY = Quota("Lambda", "Concurrent executions", 1_000)
# The executions that Lambda keeps unreserved.
UNRESERVED = 100
