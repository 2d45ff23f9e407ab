"""A catalogue of a thousand tables of twenty columns, of which nothing is loaded."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from data_platform.contracts.contract import Contract
from data_platform.contracts.raw import RawColumn
from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.versions import Versions
from data_platform.site.catalogue import Moment, write_catalogue
from data_platform_tests.planning.tables import model, raw

_KINDS = ("DOUBLE", "BIGINT", "VARCHAR", "DATE")


def thousand(tables: int = 1000, columns: int = 20) -> Catalog:
    """Half raw tables would be, here all but one are staged: they have the larger pages."""
    source = replace(raw("source"), columns={"a": RawColumn(type="BIGINT")})
    return Catalog.of([source, *(_table(number, columns) for number in range(1, tables))], {"town": "Invented tables."})


def _table(number: int, columns: int) -> ModelTable:
    described = {
        f"column_{at:02}": {
            "type": _KINDS[at % 4],
            "description": f"What column {at} of table {number} holds, {'unicorns' if at == 19 else 'measured daily'}.",
            **({"unit": "mm", "min": 0} if at % 4 == 0 else {}),
        }
        for at in range(columns)
    }
    about = f"Table number {number} of many. It is like the others."
    contract = Contract.model_validate({"description": about, "columns": described, "owners": [f"team:t{number % 9}"]})
    table = model(f"staged.table_{number:04}", "raw.source")
    return replace(table, contract=contract, owners=contract.owners)


def written_thousand(folder: Path, tables: int = 1000) -> None:
    """The catalogue of it, in `folder`."""
    versions = Versions(thousand(tables), Lake(LocalStorage(folder / "no lake")))
    write_catalogue(folder, versions, None, Moment(datetime(2024, 1, 1, tzinfo=UTC), None), lambda _: {})
