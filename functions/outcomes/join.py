"""Joins the predictions of one hour with outcomes. The result does not depend on order or duplicates.

- Of several copies of a prediction, the first counts: the lowest `scored_at`. All copies have their event's time of
  arrival, and so are in the same hour.
- An outcome by `prediction_id` takes precedence over one by `event_id`; of several, the one observed last.
- An outcome counts for a prediction if it arrives from one hour before the hour of the prediction's event to
  `look_back` hours after it (see `evaluate`). After that, the hour is final.
- An outcome by `event_id` counts for every prediction of the event, if a producer sent the event twice.

Ids are compared by their MD5 (16 bytes instead of up to 1,024): two of a billion ids are equal by chance with a
probability of 10⁻²¹. A shadow's predictions have the ids of the champion's, and are predictions of their own.
"""

from __future__ import annotations

from model_store.release import SHADOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from evaluation.exact import Floats
    from model_store.manifest import Manifest
    from outcomes.tables import Tables

# Hours by which an outcome may arrive before its event: streams and clocks differ.
EARLY = 1
# Numbers that are taken from the database at a time.
MOST_NUMBERS = 250_000

# The first of the copies of a prediction; the order is deterministic for two copies of the same millisecond too.
_FIRST = "ORDER BY scored_at, version, variant, scores"
# Of several outcomes of a prediction, the one that counts.
_LAST = "ORDER BY by_id DESC, observed_at DESC, arrived_at DESC, position DESC"
_MATCH = "p.id, p.shadow, o.observed_at, o.arrived_at, o.position, o.label, o.number"


class Join:
    """An hour: `begin`; `predicted` or `stored`; for each hour of outcomes `match` or `matched`; `finish`; read."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(self) -> None:
        self._tables.run(
            """CREATE OR REPLACE TEMP TABLE predictions
                (id UUID, shadow BOOL, event UUID, version VARCHAR, variant VARCHAR, scores DOUBLE[],
                 scored_at TIMESTAMP_MS);
            CREATE OR REPLACE TEMP TABLE matched
                (by_id BOOL, id UUID, shadow BOOL, observed_at TIMESTAMP_MS, arrived_at TIMESTAMP_MS, position UUID,
                 label VARCHAR, number DOUBLE)"""
        )

    def predicted(self, batches: Iterable[Mapping[str, bytes]]) -> tuple[int, bytes]:
        """Add the collected predictions of the hour; returns the number of those that count, and them, to be `stored`.

        batches : of files by their keys. Damaged ones are left out.
        """
        for files in batches:
            self._tables.load(
                f"""INSERT INTO predictions SELECT md5(prediction_id)::UUID, variant = '{SHADOW}', md5(event_id)::UUID,
                version, variant, scores, scored_at FROM read_parquet($paths)""",
                files,
            )
        self._unique("predictions", _FIRST)
        return self._written("predictions")

    def stored(self, files: Mapping[str, bytes]) -> list[str]:
        """Add what `predicted` returned; returns the keys of damaged files."""
        return self._tables.load("INSERT INTO predictions BY NAME SELECT * FROM read_parquet($paths)", files)

    def match(self, outcomes: OutcomesOfHour) -> tuple[int, bytes]:
        """Add the outcomes that arrived in an hour; returns their number, and those that count, to be `matched`."""
        self._tables.run(
            f"""CREATE OR REPLACE TEMP TABLE matches AS
            SELECT true AS by_id, {_MATCH} FROM predictions p JOIN {outcomes.table} o ON o.id = p.id
            UNION ALL
            SELECT false, {_MATCH} FROM predictions p JOIN {outcomes.table} o ON o.event = p.event"""
        )
        self._unique("matches", _LAST)
        self._tables.run("INSERT INTO matched BY NAME SELECT * FROM matches")
        written = self._written("matches")
        self._tables.run("DROP TABLE matches")
        return written

    def matched(self, files: Mapping[str, bytes]) -> list[str]:
        """Add what `match` returned; returns the keys of damaged files."""
        return self._tables.load("INSERT INTO matched BY NAME SELECT * FROM read_parquet($paths)", files)

    def finish(self) -> None:
        """Choose the outcome that counts for each prediction."""
        self._unique("matched", _LAST)
        self._tables.run(
            """CREATE OR REPLACE TEMP TABLE joined AS
            SELECT version, variant, scores, label, number, m.id IS NOT NULL AS happened
            FROM predictions p LEFT JOIN matched m ON m.id = p.id AND m.shadow = p.shadow"""
        )
        self._tables.run("DROP TABLE predictions; DROP TABLE matched")

    def groups(self) -> list[tuple[str, str, int, int]]:
        """Each version and variant, with the number of its predictions, and of those that have an outcome."""
        return self._tables.run(
            """SELECT version, variant, count(*), count(*) FILTER (happened) FROM joined GROUP BY ALL
            ORDER BY version, variant"""
        )

    def pairs(self, version: str, variant: str, width: int, manifest: Manifest) -> Iterator[tuple[Floats, Floats]]:
        """The scores (a row of `width` for each prediction) and outcomes of a group, in chunks.

        NaN stands for scores of another width, and for an outcome that the model cannot have. An outcome is the number
        of a class, or of a regression, the number.
        """
        if manifest.task == "regression":
            outcome, labels = "CASE WHEN label IS NULL THEN number END", None
        else:
            outcome = "CASE WHEN label IS NULL THEN number ELSE nullif(list_position($labels, label), 0) - 1 END"
            labels = list(manifest.output.labels) or [""]  # no outcome is the empty text
        parameters: dict[str, Any] = {"version": version, "variant": variant} | ({"labels": labels} if labels else {})
        own = f"CASE WHEN len(scores) = {width} THEN scores ELSE list_resize([]::DOUBLE[], {width}, 'NaN'::DOUBLE) END"
        for chunk in self._chunks(max(1, MOST_NUMBERS // (width + 1))):
            [numbers] = self._tables.columns(  # one column, so that each row's scores stay with its outcome
                f"""SELECT unnest(list_append({own}, coalesce(({outcome})::DOUBLE, 'NaN'))) AS numbers FROM joined
                WHERE happened AND version = $version AND variant = $variant AND {chunk}""",
                **parameters,
            )
            rows = numbers.reshape(-1, width + 1)
            yield rows[:, :width], rows[:, width]

    def scores(self, version: str, variant: str) -> Iterator[Floats]:
        """The score of each prediction of a group, with an outcome or without, in chunks; NaN if it has several."""
        for chunk in self._chunks(MOST_NUMBERS):
            [found] = self._tables.columns(
                f"""SELECT coalesce(CASE WHEN len(scores) = 1 THEN scores[1] END, 'NaN') AS score FROM joined
                WHERE version = $version AND variant = $variant AND {chunk}""",
                version=version,
                variant=variant,
            )
            yield found

    def _chunks(self, rows: int) -> Iterator[str]:
        """Conditions on the rows of `joined`, each for the next rows."""
        [(last,)] = self._tables.run("SELECT coalesce(max(rowid), -1) FROM joined")
        for first in range(0, last + 1, rows):
            yield f"rowid BETWEEN {first} AND {first + rows - 1}"

    def _written(self, table: str) -> tuple[int, bytes]:
        [(rows,)] = self._tables.run(f"SELECT count(*) FROM {table}")
        return rows, self._tables.written(f"SELECT * FROM {table}") if rows else b""

    def _unique(self, table: str, order: str) -> None:
        """Of several rows of one prediction, keep the first in an order. Only those rows are sorted."""
        self._tables.run(
            f"CREATE TEMP TABLE several AS SELECT id, shadow FROM {table} GROUP BY ALL HAVING count(*) > 1"
        )
        if self._tables.run("SELECT 1 FROM several LIMIT 1"):
            self._tables.run(
                f"""CREATE TEMP TABLE first AS SELECT * FROM {table} SEMI JOIN several USING (id, shadow)
                    QUALIFY row_number() OVER (PARTITION BY id, shadow {order}) = 1;
                DELETE FROM {table} USING several WHERE {table}.id = several.id AND {table}.shadow = several.shadow;
                INSERT INTO {table} SELECT * FROM first; DROP TABLE first"""
            )
        self._tables.run("DROP TABLE several")


class OutcomesOfHour:
    """The outcomes that arrived in one hour, as a table. rows : their number."""

    def __init__(self, tables: Tables, hour: int) -> None:
        self._tables, self.table, self.rows = tables, f"outcomes_{hour}", 0
        tables.run(
            f"""CREATE OR REPLACE TEMP TABLE {self.table} (id UUID, event UUID, label VARCHAR, number DOUBLE,
            observed_at TIMESTAMP_MS, arrived_at TIMESTAMP_MS, position UUID)"""
        )

    def add(self, files: Mapping[str, bytes]) -> None:
        """Add collected outcomes, of files by their keys. Damaged ones are left out."""
        self._tables.load(
            f"""INSERT INTO {self.table} SELECT if(prediction_id = '', NULL, md5(prediction_id)::UUID),
            if(prediction_id = '', md5(event_id)::UUID, NULL), label, number, observed_at, arrived_at,
            left(position, 32)::UUID FROM read_parquet($paths)""",
            files,
        )
        [(self.rows,)] = self._tables.run(f"SELECT count(*) FROM {self.table}")

    def drop(self) -> None:
        self._tables.run(f"DROP TABLE {self.table}")
