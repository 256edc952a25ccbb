"""Which certificates are trusted. They are always verified, and the host's name with them.

Reading all of a system's certificates takes tens of milliseconds of a cold start, and those of AWS's own authorities
two. So the package brings these, https://www.amazontrust.com/repository/, taken from a bundle when it is built; where
they do not do, the system's are read.
"""

from __future__ import annotations

import os  # and no pathlib, which takes a millisecond to import
from functools import cached_property

from aws_client.errors import NotConfigured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ssl import SSLContext

AMAZON_ROOTS = os.path.join(os.path.dirname(__file__), "amazon_roots.pem")  # noqa: PTH118, PTH120


class Trust:
    """The TLS contexts of a container, each made when it is first needed.

    `AWS_CA_BUNDLE` names a file with the authorities that are trusted instead of all others.
    """

    def __init__(self, environment: Mapping[str, str], roots: str | os.PathLike[str] = AMAZON_ROOTS) -> None:
        self._bundle, self._roots = environment.get("AWS_CA_BUNDLE", ""), roots
        self._narrow_enough = not self._bundle and os.path.exists(roots)  # noqa: PTH110

    def contexts(self, scheme: str) -> Iterator[SSLContext | None]:
        """What to try one after the other, the next where a certificate did not verify; None is no TLS."""
        if scheme != "https":
            yield None
            return
        if self._narrow_enough:
            yield self._narrow
            self._narrow_enough = False  # it was not: neither will it be the next time
        yield self._wide

    @cached_property
    def _narrow(self) -> SSLContext:
        return _context(self._roots)

    @cached_property
    def _wide(self) -> SSLContext:
        return _context(self._bundle)


def _context(authorities: str | os.PathLike[str]) -> SSLContext:
    """One that verifies, with the authorities in a file, or the system's where none is given. Raises NotConfigured."""
    import ssl

    try:
        return ssl.create_default_context(cafile=authorities or None)
    except OSError as error:
        raise NotConfigured(f"expected certificates in {authorities}: {type(error).__name__}") from None
