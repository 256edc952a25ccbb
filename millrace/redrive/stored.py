"""An origin in the failure store: the objects below one prefix."""

from collections.abc import Callable, Iterator, Sequence

from millrace.redrive.objects import Objects
from millrace.redrive.waiting import Holding, UnreadableEntry, Waiting

Parse = Callable[[bytes], list[Waiting]]
Render = Callable[[bytes, Sequence[Waiting]], bytes]


class Stored:
    """`place` of a holding is the version that was read, and its content.

    parse : the records in an object; raises Unreadable. render : the object with these records alone.
    """

    def __init__(self, name: str, objects: Objects, prefix: str, parse: Parse, render: Render) -> None:
        self.name, self.unreadable = name, list[str]()
        self._objects, self._prefix = objects, prefix
        self._parse, self._render = parse, render

    def holdings(self) -> Iterator[Holding]:
        # All keys first: what the redrive itself quarantines again is not met a second time.
        for key, etag in self._objects.listed(self._prefix):
            found = self._objects.read(key, etag)
            if found is None:
                continue
            try:
                records = self._parse(found[1])
            except UnreadableEntry:
                self.unreadable.append(key)
            else:
                yield Holding(key, found, records)

    def keep(self, kept: Sequence[tuple[Holding, list[Waiting]]]) -> None:
        for holding, rest in kept:
            version, body = holding.place
            if rest:
                body = self._render(body, rest)
                # Where it was written again meanwhile it was by the scorer, with every record that was ever in it.
                holding.place = self._objects.replace(version, body) or version, body
            else:
                self._objects.remove(version)
            holding.waiting = rest

    def close(self) -> None:
        """Nothing is taken by reading."""
