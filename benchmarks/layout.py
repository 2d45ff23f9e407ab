"""The folders of a benchmark run: what every side finds, and where it writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Everything lies below `root` but the yardstick's scripts, which are None where there are none."""

    root: Path
    yardstick: Path | None

    @property
    def source(self) -> Path:
        """Laid out as the TLC's site."""
        return self.root / "source"

    @property
    def flat_source(self) -> Path:
        """Links to the same files without folders, as the yardstick's scripts want them."""
        return self.root / "flat-source"

    @property
    def ready(self) -> Path:
        """A platform's home in which all is up to date but the trips."""
        return self.root / "ready"

    @property
    def output(self) -> Path:
        """What a side writes, and the platform's home while it is measured; empty when a side starts."""
        return self.root / "output"
