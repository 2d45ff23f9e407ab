"""How readers open the warehouse: read-only, so that nobody blocks anybody."""

from pathlib import Path

import duckdb

from data_platform.contracts.quoting import literal


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the publication that now stands at `path`, under `schema.table` names.

    Use it in `with`, which also closes it after an error. It stays with its publication while newer ones appear.
    Raises FileNotFoundError if nothing was published yet.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no warehouse was published yet. `make run` builds and publishes one.")
    # Not `connect(path)`: within one process that hands out the file which any other connection still has open,
    # and a long-lived reader would keep everybody on an old publication.
    connection = duckdb.connect()
    try:
        connection.execute(f"ATTACH {literal(str(path))} AS warehouse (READ_ONLY)")
        connection.execute("USE warehouse")
    except duckdb.Error:
        connection.close()
        raise
    return connection
