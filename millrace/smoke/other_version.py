"""Another version of the scorer, for as long as a test needs it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def serving(functions: Any, scorer: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[None]:
    """Let the alias point to a version with other environment variables; at the end of the block to the former one.

    functions : a Lambda client. scorer : the stack's output of that name. variables : in addition to the function's.
    """
    name, alias = scorer["function_name"], scorer["alias"]
    former = functions.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]
    own = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    version = ""
    try:
        _configure(functions, name, {**own, **variables})
        version = functions.publish_version(FunctionName=name, Description="millrace: for a test")["Version"]
        functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
        functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        yield
    finally:
        functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=former)
        _configure(functions, name, own)
        if version:
            functions.delete_function(FunctionName=name, Qualifier=version)


def _configure(functions: Any, name: str, variables: Mapping[str, str]) -> None:
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
