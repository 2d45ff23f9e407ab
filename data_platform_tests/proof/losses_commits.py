"""Faults between what was written and what is committed: the lake is given other files to add than were made."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from data_platform.lake.errors import LakeError
from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform.lake.tables import LakeTable, WrittenFile
from data_platform.planning.catalog import ModelTable
from data_platform.steps.build import Built, build
from data_platform_tests.proof.losses_models import Verdict
from data_platform_tests.proof.losses_sample import Sample, partitions

COMMITTED = "the committed files"
Files = list[WrittenFile]


def of_commit(sample: Sample) -> Iterator[Verdict]:
    """The files that a commit is given to add are not those that were made."""
    for table in sample.stored():
        kept = sample.platform.lake.table(table.name).files([sample.partition(table)])
        others = sample.platform.lake.table(table.name).files([partitions(table)[0]]).clean
        faults = dict(_other_adds(sample, table, kept.clean[0], others[0]))
        while faults:
            tried, let_in = _committed(sample, table, faults)
            # What cannot be tried changes nothing: a file cannot be left out that is not there.
            for name in tried or list(faults):
                del faults[name]
                verdict = Verdict(
                    table.name, COMMITTED, name, "add actions", "commit" if tried else "", moves_rows=True
                )
                yield replace(verdict, by="", differs="other rows") if name == let_in else verdict


def _other_adds(
    sample: Sample, table: ModelTable, before: str, other: str
) -> Iterator[tuple[str, Callable[[Files], Files]]]:
    def older(files: Files, key: str) -> Files:
        size = sample.platform.lake.storage.stat(key)
        assert size is not None
        return [replace(file, key=key, bytes=size.bytes) if not file.rejected else file for file in files]

    yield "clean file left out", lambda files: [file for file in files if file.rejected]
    yield "no files", lambda _: []
    yield "clean file named twice", lambda files: [*files, files[0]]
    yield "one row fewer told", lambda files: [replace(files[0], rows=files[0].rows - 1), *files[1:]]
    yield "one byte fewer told", lambda files: [replace(files[0], bytes=files[0].bytes - 1), *files[1:]]
    yield "clean file added as rejected", lambda files: [replace(files[0], rejected=True), *files[1:]]
    yield "the version before added again", lambda files: [*files, *older(files[:1], before)]
    if other != before:
        yield "another partition's file instead", lambda files: older(files, other)
        yield (
            "a file of another partition",
            lambda files: [replace(files[0], partition=partitions(table)[0]), *files[1:]],
        )
    if table.name.layer == "staged":
        yield "rejected file left out", lambda files: [file for file in files if not file.rejected]


def _committed(
    sample: Sample, table: ModelTable, faults: Mapping[str, Callable[[Files], Files]]
) -> tuple[list[str], str | None]:
    """Builds into a copy of the lake, tries to commit each fault; those tried, and the one that was let in."""
    tried: list[str] = []
    commit = LakeTable.commit

    def faulty(self: LakeTable, base: Any, files: Any, **told: Any) -> Any:
        for name, change in faults.items():
            changed = change(list(files))
            if changed == list(files):
                continue
            tried.append(name)
            try:
                accepted.append((name, commit(self, base, changed, **told)))
            except LakeError:
                continue
            return accepted[-1][1]
        return commit(self, base, files, **told)

    accepted: list[tuple[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=sample.folder) as folder:
        root = Path(folder) / "lake"
        # Nothing in a lake is ever changed in place: links will do.
        shutil.copytree(sample.platform.lake.storage.local("raw").parent, root, copy_function=os.link)
        platform = replace(sample.platform, lake=Lake(LocalStorage(root)))
        # Something that the fingerprint counts and no row depends on.
        newer = replace(table, contract=table.contract.model_copy(update={"inputs": ("raw.other",)}))
        with patch.object(LakeTable, "commit", faulty):
            assert isinstance(build(platform, newer, sample.partition(table), run_id="proof"), Built)
    return tried, accepted[0][0] if accepted else None
