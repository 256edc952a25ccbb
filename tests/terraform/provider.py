"""One AWS provider for many runs of Terraform.

Terraform starts the provider for every walk over its graph, twice for each `run` of a test, and against a mock that is
most of what a test costs. A provider in debug mode is there already: Terraform attaches to it, and leaves it running.
https://developer.hashicorp.com/terraform/plugin/debugging#debugger-based-debugging
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from millrace.deployment.mirror import PROVIDER
from millrace.deployment.terraform import Terraform

# The provider ends when nobody holds the shell's standard input any more, however that came about.
LIFELINE = '"$0" -debug & exec >&-; read -r _; kill -INT $!; wait'
# Its own messages and those of its framework: without these it writes every step of every request.
QUIET = {"TF_LOG_PROVIDER": "ERROR", "TF_LOG_SDK": "ERROR"}


@contextmanager
def attached(terraform: Terraform) -> Iterator[Terraform]:
    """`terraform`, which must be initialised, attached to a provider that stays for as long as the block.

    With a mocked provider it serves any number of plans. With AWS's endpoints it serves one: configured a second time
    it refuses some of the environment's settings (AWS_CA_BUNDLE).
    """
    environment = {**os.environ, **terraform.variables, **QUIET}
    log = terraform.folder / "provider.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            ["sh", "-c", LIFELINE, _executable(terraform)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        told = (re.search(r"TF_REATTACH_PROVIDERS='(.+)'", line) for line in process.stdout or ())
        address = next((found[1] for found in told if found), None)
        assert address, f"the provider did not start: see {log}"
        yield replace(terraform, variables={**terraform.variables, "TF_REATTACH_PROVIDERS": address})


def _executable(terraform: Terraform) -> Path:
    """The provider that the lock names, where `init` put it."""
    chosen = json.loads(terraform.run("version", "-json"))
    version, platform = chosen["provider_selections"][PROVIDER.as_posix()], chosen["platform"]
    (executable,) = terraform.folder.joinpath("providers", PROVIDER, version, platform).glob("terraform-provider-aws_*")
    return executable
