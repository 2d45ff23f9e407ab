"""Pages escape whatever they are given, and data cannot leave the script that carries it."""

import json
from pathlib import Path

import jinja2
import pytest

from data_platform.site.pages import environment, render, script_json, write, write_assets, write_script


def test_a_title_is_text_and_never_html() -> None:
    page = render("page.html", title="</title><script>alert(1)</script>", section=None)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_shell_marks_where_the_reader_is_and_leads_back_from_below() -> None:
    page = render("page.html", title="t", section="Catalogue", root="../")
    assert '<a href="../index.html" aria-current="page">Catalogue</a>' in page
    assert '<a href="../lineage.html">Lineage</a>' in page


def test_a_value_that_is_missing_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ missing }}").render()


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a\u2028b", "&amp;", "\U0001f600", "'\"\\", "\n"])
def test_data_in_a_script_stays_one_value(text: str) -> None:
    carried = script_json({"text": text})
    assert json.loads(carried) == {"text": text}
    assert not set("<>&\n\u2028") & set(carried)


def test_a_script_of_data_is_one_call(tmp_path: Path) -> None:
    write_script(tmp_path / "data" / "search.js", "search", [1, "</script>"])
    text = tmp_path.joinpath("data", "search.js").read_text(encoding="utf-8")
    assert text == 'dataPlatform.search([1,"\\u003c/script\\u003e"]);\n'


def test_a_name_that_is_no_utf_8_does_not_stop_the_page(tmp_path: Path) -> None:
    write(tmp_path / "page.html", "caf\udce9")
    assert tmp_path.joinpath("page.html").read_bytes() == b"caf?"


def test_styles_and_scripts_lie_beside_the_pages(tmp_path: Path) -> None:
    write_assets(tmp_path)
    assert tmp_path.joinpath("assets", "site.css").stat().st_size > 0
