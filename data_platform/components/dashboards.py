"""All dashboards as assets of one step: drawn together, because readers get all their pages at once."""

import base64
from collections.abc import Iterator, Sequence

import dagster as dg

from data_platform.steps.dashboards import Dashboard, Drawn, draw, waiting


def dashboard_key(dashboard: Dashboard) -> dg.AssetKey:
    return dg.AssetKey(["dashboards", dashboard.name])


def dashboard_assets(
    dashboards: Sequence[Dashboard], *, group: str, warehouse: dg.AssetKey
) -> list[dg.AssetsDefinition]:
    """An asset for each dashboard; its picture shows in its metadata. No asset where there is no dashboard."""
    specs = [
        dg.AssetSpec(
            dashboard_key(dashboard),
            description="\n\n".join(filter(None, (dashboard.about.title, dashboard.about.text))),
            # Not the dataset's: warehouse and dataset would each come before the other in the graph of groups.
            group_name=group,
            kinds={"dashboard", "altair"},
            skippable=True,
            deps=[warehouse],
        )
        for dashboard in dashboards
    ]
    if not specs:
        return []

    @dg.multi_asset(name="dashboards", specs=specs, can_subset=True, required_resource_keys={"platform"})
    def draw_assets(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        only = {key.path[-1] for key in context.selected_asset_keys}
        drawn, failed = draw(context.resources.platform, dashboards, only=only)
        told = {one.dashboard.name for one in drawn} | {one.dashboard.name for one in failed}
        waits = waiting(context.resources.platform)
        for name in sorted(only - told):
            reason = f"{waits[name]} is not published yet" if name in waits else "nothing is published yet"
            context.log_event(dg.AssetObservation(dg.AssetKey(["dashboards", name]), metadata={"reason": reason}))
        yield from map(_result, drawn)
        for failure in failed:
            # Here with the author's lines; the step's failure names file, line and reason.
            context.log.error(failure.reason, exc_info=failure.error)
        if failed:
            raise dg.Failure("\n".join(failure.reason for failure in failed), allow_retries=False)

    return [draw_assets]


def _result(drawn: Drawn) -> dg.MaterializeResult[None]:
    picture = base64.b64encode(drawn.png).decode()
    return dg.MaterializeResult(
        asset_key=dashboard_key(drawn.dashboard),
        metadata={
            "picture": dg.MetadataValue.md(f"![{drawn.dashboard.name}](data:image/png;base64,{picture})"),
            "page": dg.MetadataValue.path(str(drawn.page)),
            "outcome": "drawn" if drawn.changed else "unchanged",
        },
        data_version=dg.DataVersion(drawn.version),
    )
