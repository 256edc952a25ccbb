"""Validate the root, and with it every module that it calls, without backend or credentials."""

import sys

from millrace.deployment.terraform import Terraform
from millrace.errors import UserError


def main() -> int:
    terraform = Terraform("validate", {}, {})
    try:
        terraform.run("init", "-backend=false", "-input=false", "-lockfile=readonly")
        terraform.run("validate")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
