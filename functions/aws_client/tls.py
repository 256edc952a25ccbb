"""Trusted certificate authorities. Certificates and host names are always verified.

Reading all authorities of a system takes tens of milliseconds of a cold start; reading those of Amazon takes two. The
package therefore contains Amazon's, https://www.amazontrust.com/repository/, extracted from a bundle when it is built.
If a certificate does not verify with them, the system's authorities are read.
"""

from __future__ import annotations

import os  # not pathlib, whose import takes a millisecond
from functools import cached_property

from aws_client.errors import NotConfigured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ssl import SSLContext

AMAZON_ROOTS = os.path.join(os.path.dirname(__file__), "amazon_roots.pem")  # noqa: PTH118, PTH120


class Trust:
    """The TLS contexts of a container, each made when it is first needed.

    `AWS_CA_BUNDLE` names a file whose authorities replace all others.
    """

    def __init__(self, environment: Mapping[str, str], roots: str | os.PathLike[str] = AMAZON_ROOTS) -> None:
        self._bundle, self._roots = environment.get("AWS_CA_BUNDLE", ""), roots
        self._narrow_enough = not self._bundle and os.path.exists(roots)  # noqa: PTH110

    def contexts(self, scheme: str) -> Iterator[SSLContext | None]:
        """The contexts to try in turn, each after a certificate did not verify with the previous one; None: no TLS."""
        if scheme != "https":
            yield None
            return
        if self._narrow_enough:
            yield self._narrow
            self._narrow_enough = False  # the caller asked for another context: start with the wide one next time
        yield self._wide

    @cached_property
    def _narrow(self) -> SSLContext:
        return _context(self._roots)

    @cached_property
    def _wide(self) -> SSLContext:
        return _context(self._bundle)


def _context(authorities: str | os.PathLike[str]) -> SSLContext:
    """A verifying context with the authorities in a file; with the system's if it is empty. Raises NotConfigured."""
    import ssl

    try:
        return ssl.create_default_context(cafile=authorities or None)
    except OSError as error:
        raise NotConfigured(f"expected certificates in {authorities}: {type(error).__name__}") from None
