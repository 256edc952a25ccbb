"""`python -m scorer.server`; as a Lambda function's image, the same container runs Lambda's runtime client instead."""

from __future__ import annotations

import os
import sys

from records.settings import ConfigInvalid

# Set in Lambda, and nowhere else.
RUNTIME_API = "AWS_LAMBDA_RUNTIME_API"
LAMBDA_HANDLER = "scorer.http_handler.handler"


def main() -> int:
    """The exit code. Arguments are ignored: SageMaker starts an image with `serve`."""
    if os.environ.get(RUNTIME_API):
        from awslambdaric.__main__ import main as serve_lambda

        serve_lambda(["awslambdaric", os.environ.get("_HANDLER") or LAMBDA_HANDLER])
        return 0
    from scorer.server.process import run

    try:
        run(os.environ)
    except ConfigInvalid as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
