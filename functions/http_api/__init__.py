"""The HTTP endpoint: requests in, responses out; pure, but for `service`, which serves them.

request ─parse─▶ response, or events ─score (many requests at once)─▶ answers ─reply─▶ response
"""
