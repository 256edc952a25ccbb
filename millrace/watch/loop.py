"""Looking at a stack until Ctrl-C, or once."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from rich.console import Console
from rich.live import Live

from millrace.console import show
from millrace.errors import UserError
from millrace.stack import Stack
from millrace.watch.feed import Feed
from millrace.watch.snapshot import snapshot
from millrace.watch.sources import of_stack
from millrace.watch.state import DRIFT, SINK, State
from millrace.watch.view import PRINTED_HEIGHT, PRINTED_WIDTH, view

# How often what was reported is folded, so that sources never wait for a slow terminal.
FOLD_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Options:
    """once : one look, after `window` seconds. interval : seconds between two looks.

    since : begin this many seconds ago, with what the sink and the log still have.
    """

    once: bool = False
    as_json: bool = False
    interval: float = 1.0
    window: float = 15.0
    since: float = 0.0


def watch(
    stack: Stack,
    options: Options,
    *,
    console: Console | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Show a stack until Ctrl-C, which ends it well; once, with `once` or where the output is no terminal.

    Raises UserError where it should look once and nothing answered.
    """
    console = console or (show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE)
    began = clock() - options.since
    sources = of_stack(stack, began if options.since else None, began)
    state = _state(stack, began, reads_sink=any(source.name == SINK for source in sources))
    looks = _Looks(Feed(sources, options.interval), state, options, clock, sleep)
    if options.once or not (options.as_json or console.is_terminal):
        looks.once(console)
    elif options.as_json:
        looks.lines()
    else:
        looks.live(console)


def _state(stack: Stack, began: float, *, reads_sink: bool) -> State:
    sink = stack.outputs["prediction_sink"]["type"]
    without = {} if stack.outputs.get("evaluator") else {DRIFT: "not looked for: the stack has no evaluator"}
    return State(stack.name, stack.outputs["model"]["name"], sink, began, reads_sink, without=without)


class _Looks:
    """The ways to look at a state that a feed fills."""

    def __init__(
        self,
        feed: Feed,
        state: State,
        options: Options,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        self._feed, self._state, self._options, self._clock, self._sleep = feed, state, options, clock, sleep

    def live(self, console: Console) -> None:
        """Fills the terminal; what was seen last stays behind."""
        with suppress(KeyboardInterrupt), self._feed, Live(console=console, screen=True, auto_refresh=False) as screen:
            for now in self._looks():
                screen.update(view(self._state, now, *console.size), refresh=True)
        self._print(console, self._clock(), console.width)

    def lines(self) -> None:
        """A JSON object a line."""
        with suppress(KeyboardInterrupt), self._feed:
            for now in islice(self._looks(), 1, None):  # nothing is known at the first
                print(json.dumps(snapshot(self._state, now)), flush=True)

    def once(self, console: Console) -> None:
        """Look for so long as the window is, and no less than every source needs to answer once."""
        with suppress(KeyboardInterrupt), self._feed:
            end = self._clock() + self._options.window
            while self._clock() < end or not self._feed.all_asked:
                self._wait(FOLD_SECONDS)
        if not self._feed.answered:
            raise UserError("nothing answers: " + "; ".join(sorted(set(self._state.trouble.values()))))
        now = self._clock()
        if self._options.as_json:
            print(json.dumps(snapshot(self._state, now)), flush=True)
        else:
            self._print(console, now, console.width if console.is_terminal else PRINTED_WIDTH)

    def _looks(self) -> Iterator[float]:
        """The time of each look, whenever it is time for one."""
        while True:
            yield self._clock()
            end = self._clock() + self._options.interval
            while (left := end - self._clock()) > 0:
                self._wait(min(FOLD_SECONDS, left))

    def _wait(self, seconds: float) -> None:
        self._sleep(seconds)
        self._feed.fold_into(self._state)

    def _print(self, console: Console, now: float, width: int) -> None:
        """Print the view, no higher than what is in it."""
        height = PRINTED_HEIGHT - max(0, 10 - len(self._state.latest))
        console.print(view(self._state, now, width, height), width=width, height=height, soft_wrap=False)
