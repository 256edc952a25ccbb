"""What a stack needs for a rate of events: sizes, latency, cost, and what breaks first.

A model, not a measurement: its assumptions are in `service_time.py` and `recommendation.py`, AWS's limits in
`quotas.py`.
tests/simulation/test_capacity.py runs what it recommends in the simulator.
"""
