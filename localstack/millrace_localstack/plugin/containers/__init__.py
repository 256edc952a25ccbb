"""ECS services as real processes behind a real load balancer: what moto's control plane only records.

`runner` reads services, target groups, listeners and scaling policies by AWS's own API, starts the wanted number of
tasks as processes, and puts HAProxy in front of them. docs/adr/0050
"""
