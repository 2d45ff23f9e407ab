"""Pages and their data as files: templates that escape whatever they are given, and JSON that is safe in a script."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from data_platform.site import figures

Section = Literal["Catalogue", "Lineage", "Dashboards"]

_ASSETS = Path(__file__).with_name("assets")


@cache
def environment() -> Environment:
    """The templates of `templates/`: every value is escaped, and a missing one is an error."""
    made = Environment(
        loader=PackageLoader("data_platform.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for filter_ in (figures.number, figures.size, figures.utc, figures.iso, figures.first_sentence):
        made.filters[filter_.__name__] = filter_
    return made


def render(template: str, *, title: str, section: Section | None, root: str = "", **values: Any) -> str:
    """A page in the shell `page.html`. `root` leads from the page to the catalogue's folder: "" or "../"."""
    return environment().get_template(template).render(title=title, section=section, root=root, **values)


def write(path: Path, text: str) -> None:
    """A file below a folder that nobody reads yet; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A lone surrogate (a file name that is no UTF-8) becomes a question mark instead of an error.
    path.write_bytes(text.encode("utf-8", errors="replace"))


def write_script(path: Path, function: str, value: Any) -> None:
    """Data as a script, because a page that is opened as a file may not fetch: it calls `dataPlatform.<function>`.

    The page has defined that function before; `value` is anything that JSON can say.
    """
    write(path, f"dataPlatform.{function}({script_json(value)});\n")


def script_json(value: Any) -> str:
    """JSON for inside `<script>`, where `</script>` and `<!--` count even within a string. In a template: `| safe`.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def asset(name: str) -> str:
    """The text of a file of `assets/`, for pages that carry style and script themselves. In a template: `| safe`."""
    return _ASSETS.joinpath(name).read_text(encoding="utf-8")


def write_assets(folder: Path) -> None:
    """Copies `assets/` into a site's folder."""
    for path in sorted(_ASSETS.iterdir()):
        write(folder / "assets" / path.name, path.read_text(encoding="utf-8"))
