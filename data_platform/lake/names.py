"""What a table is called, everywhere: asset key, folder, lake path, warehouse schema and table."""

import re
from dataclasses import dataclass

_PART = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, order=True)
class TableName:
    """`layer/table`, for example `staged/yellow_trips`; in SQL it is written `staged.yellow_trips`.

    Raises ValueError for a name that is not snake_case: a name becomes a path and an identifier,
    so nothing else is let in.
    """

    layer: str
    table: str

    def __post_init__(self) -> None:
        for part in (self.layer, self.table):
            if not _PART.fullmatch(part):
                raise ValueError(f"'{part}' is no table name: use snake_case (a-z, 0-9, _), starting with a letter")

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """From `staged/yellow_trips` or `staged.yellow_trips`."""
        layer, separator, table = text.replace(".", "/").partition("/")
        if not separator:
            raise ValueError(f"'{text}' is no table name: write layer.table, for example staged.trips")
        return cls(layer, table)

    def __str__(self) -> str:
        return f"{self.layer}/{self.table}"

    @property
    def sql(self) -> str:
        """As a model writes it: `staged.yellow_trips`."""
        return f"{self.layer}.{self.table}"
