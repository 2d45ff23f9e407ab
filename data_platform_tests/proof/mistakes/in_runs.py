"""Mistakes that only data can show, and a lake that this platform is too old for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from data_platform.lake.errors import LakeError
from data_platform.steps.audit import AuditFailed
from data_platform.steps.errors import StepError
from data_platform_tests.proof.mistakes.mistake import SQL, YAML, Content, Mistake
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

MONTH = "2024-01"


def _nothing(_: SmallDataset) -> None:
    """The files alone make the mistake."""


@dataclass(frozen=True)
class InRun:
    """Files of the dataset, what is done to it besides, and what a run of all that is stale then says."""

    files: Mapping[str, Content]
    place: str
    words: str
    shown: tuple[str, ...] = ()
    prepare: Callable[[SmallDataset], None] = field(default=_nothing)

    @property
    def change(self) -> list[str]:
        changes = [Mistake(name, "", content, "", "").change for name, content in self.files.items()]
        return [line for change in changes for line in change] + list(self.shown)

    @property
    def expected(self) -> tuple[tuple[str, str], ...]:
        return ((f"{self.place}: ", self.words),)

    def told(self) -> tuple[str, ...]:
        with TemporaryDirectory() as folder:
            small = small_dataset(Path(folder), {name: str(text) for name, text in self.files.items()})
            small.put(MONTH, [reading(1), reading(1), reading(2, place_id=2), reading(3, value=-1.0)])
            self.prepare(small)
            try:
                small.run()
            except (StepError, AuditFailed, LakeError) as failure:
                return tuple(str(failure).replace(f"{small.folder}/", "").splitlines())
            return ()


def _two_harbours(small: SmallDataset) -> None:
    small.put_file("places.csv", "place_id,name\n1,Harbour\n2,Hill\n1,Old Harbour\n")


def _of_a_newer_platform(small: SmallDataset) -> None:
    small.receive("places")
    small.build("staged.places")
    log = small.home / "lake/staged/places/_delta_log"
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"]}
    (log / f"{len(list(log.glob('*.json'))):020d}.json").write_text(json.dumps({"protocol": protocol}) + "\n")


MISTAKES: Mapping[str, InRun] = {
    "a lookup that has a key twice": InRun(
        {"staged/places.yaml": FILES["staged/places.yaml"].replace("grain: [place_id]\n", "")},
        f"{SQL}:3",
        "staged/places has 2 rows for p.place_id 1; joining it would repeat rows. Make the lookup unique on its key",
        ("# places.csv", "+ 1,Old Harbour"),
        _two_harbours,
    ),
    "a grain that rows share": InRun(
        {},
        "staged/readings 2024-01",
        "grain_is_unique: 1 rows repeat the grain (reading_id) of another; widen the grain or add `deduplicate`",
        ("# readings-2024-01.parquet", "+ reading 1 twice"),
    ),
    "more rejected rows than may be": InRun(
        {
            YAML: FILES[YAML].replace("max_rejected_share: 1", "max_rejected_share: 0.1")
            + "deduplicate: {first_by: [read_at]}\n"
        },
        "staged/readings 2024-01",
        "contract_bounds: 2 of 4 rows rejected (50.00%), at most 10.00% may be",
        ("# readings-2024-01.parquet", "+ 2 of 4 readings are wrong"),
    ),
    "a lake that a newer platform has written": InRun(
        {},
        "staged/places",
        "needs deletionVectors, which this platform cannot read: something newer has written it. Update the platform",
        ("# lake/staged/places", "+ a Delta feature that this platform does not know"),
        _of_a_newer_platform,
    ),
}
