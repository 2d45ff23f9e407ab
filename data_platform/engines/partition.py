"""What SQL may ask of the partition that is being made: `partition_start()` and `partition_end()`, local TIMESTAMPs."""

from datetime import datetime

import duckdb

from data_platform.contracts.quoting import literal

FUNCTIONS = ("partition_start", "partition_end")


def define(connection: duckdb.DuckDBPyConnection, bounds: tuple[datetime, datetime] | None) -> None:
    """Makes both known to a connection as literals; NULL without `bounds`, for questions that are asked without data.

    `bounds` are the partition's first moment and the first one after it.
    """
    for name, moment in zip(FUNCTIONS, bounds or (None, None), strict=True):
        value = "NULL" if moment is None else literal(moment.isoformat(" "))
        connection.execute(f"CREATE OR REPLACE MACRO {name}() AS CAST({value} AS TIMESTAMP)")
