"""Run as a program: replaces a folder and kills itself at a moment, as an out-of-memory killer would."""

import os
import signal
import sys
from pathlib import Path

from data_platform.site.replacing import replaced


def main(folder: Path, moment: str) -> None:
    """`moment` is `writing`, `switching` (the new link lies beside, not yet in place) or `cleaning`."""
    sys.addaudithook(lambda event, arguments: _die_if_there(moment, event, arguments))
    with replaced(folder) as new:
        new.joinpath("page.html").write_text("half", encoding="utf-8")
        if moment == "writing":
            os.kill(os.getpid(), signal.SIGKILL)
        new.joinpath("page.html").write_text("new", encoding="utf-8")


def _die_if_there(moment: str, event: str, arguments: tuple[object, ...]) -> None:
    switching = event == "os.rename" and str(arguments[0]).endswith(".link")
    cleaning = event == "shutil.rmtree"
    if (moment == "switching" and switching) or (moment == "cleaning" and cleaning):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
