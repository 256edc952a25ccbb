"""IAM as AWS evaluates it: who calls, what the call takes, and whether policies allow it.

caller.py      who calls: a role's session or a service; the account's own credentials pass
calls.py       the permissions that an operation takes
keys.py        and those for the key of what it reads or writes
stores.py      the policies, from LocalStack's state
conditions.py  policy.py  decision.py    the evaluation, which knows nothing of LocalStack
refusal.py     AWS's errors
enforcement.py all of it, for each request
internal.py    the calls of LocalStack's own that do not say who calls
"""
