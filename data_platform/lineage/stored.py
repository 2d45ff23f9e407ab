"""Which columns of stored tables each column of a table comes from: asked of the SQL, seen through views."""

from collections.abc import Mapping

from data_platform.lineage.graph import columns_of
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.sql.lineage import ColumnLineage, column_lineage, through
from data_platform.sql.model import Model


def lineage_of(catalog: Catalog, table: ModelTable) -> Mapping[str, ColumnLineage]:
    """Column → its sources in stored tables. Empty for Python models, which no parser can look into."""
    if not isinstance(table.model, Model):
        return {}
    return _through_views(catalog, table.model)


def _through_views(catalog: Catalog, model: Model) -> Mapping[str, ColumnLineage]:
    columns = {name: columns_of(catalog.tables[name]) for name in model.tables}
    views = {
        view.name: _through_views(catalog, view.model)
        for view in catalog.views(model.tables)
        if isinstance(view.model, Model)
    }
    return through(column_lineage(model, columns), views)
