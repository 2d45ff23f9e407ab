"""Where in a YAML file a mistake is."""

from data_platform.contracts.errors import ContractError
from data_platform.contracts.yaml_file import YamlFile


class located:  # noqa: N801 - reads as a statement
    """Turns a ValueError into a ContractError at a place of a YAML file."""

    def __init__(self, file: YamlFile, *keys: str) -> None:
        self.file, self.keys = file, keys

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, ContractError):
            raise ContractError(self.file.path, self.file.line(*self.keys), str(error)) from error
