"""Distributed Map as on AWS, as far as LocalStack lacks it. Applied by patches/distributed_map."""
