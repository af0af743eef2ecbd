"""Write the golden file of every stored name that has none yet: `python -m tests.golden`."""

from pathlib import Path

import orjson

from tests.examples import EXAMPLES
from tests.golden import FOLDER, path_of, stored


def write_missing(folder: Path = FOLDER) -> list[str]:
    """The stored names whose golden file was written; a file that is there stays as it is."""
    missing = [name for name in EXAMPLES if not path_of(name, folder).exists()]
    for name in missing:
        path_of(name, folder).write_bytes(orjson.dumps(stored(EXAMPLES[name]), option=orjson.OPT_INDENT_2) + b"\n")
    return missing


if __name__ == "__main__":
    for name in write_missing():
        print(f"wrote the golden file of {name}: look it over and keep it")
