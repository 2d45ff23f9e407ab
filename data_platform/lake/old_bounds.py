"""Delta logs without the bounds of files that are gone: the least and greatest value of a column are values too."""

import json
import re
from urllib.parse import unquote

from data_platform.lake.log import LOG_FOLDER, read_log, version_key
from data_platform.lake.storage import Storage

_CHECKPOINT = re.compile(rf"/{LOG_FOLDER}/(_last_checkpoint|\d{{20}}\.checkpoint[^/]*\.parquet)$")
_BOUNDS = ("minValues", "maxValues")


def without_old_bounds(storage: Storage, folder: str) -> bool:
    """Takes the bounds of all files that are live no more out of a table's log, each version replaced in one step;
    whether checkpoints, which repeat them, were deleted: then there is none. Nothing else of the log changes.
    """
    log = read_log(storage, folder)
    if log is None:
        return False
    changed = False
    for version in log.versions:
        if any(file.key not in log.live for file in version.adds):
            changed |= _rewritten(storage, folder, version.number, {key.removeprefix(f"{folder}/") for key in log.live})
    checkpoints = [file.key for file in storage.list(f"{folder}/{LOG_FOLDER}") if _CHECKPOINT.search(file.key)]
    if not changed and not any(version.removes for version in log.versions):
        return False
    # The pointer first: a reader must not be led to one that is not there.
    for key in sorted(checkpoints, key=lambda key: not key.endswith("_last_checkpoint")):
        storage.delete(key)
    return bool(checkpoints)


def _rewritten(storage: Storage, folder: str, number: int, live: set[str]) -> bool:
    key = version_key(folder, number)
    before = storage.read(key) or b""
    actions = [json.loads(line) for line in before.splitlines()]
    changed = False
    for action in actions:
        add = action.get("add")
        if add is not None and add.get("stats") and unquote(add["path"]) not in live:
            stats = json.loads(add["stats"])
            kept = {name: value for name, value in stats.items() if name not in _BOUNDS}
            changed |= kept != stats
            add["stats"] = json.dumps(kept)
    if changed:
        new = storage.new_file(folder, ".part")
        new.path.write_bytes(b"".join(json.dumps(action).encode() + b"\n" for action in actions))
        storage.adopt(new.path, key)
    return changed
