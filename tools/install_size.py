"""Say how many packages an environment holds and how large it is; fail if it is more than promised.

Run it with the interpreter of the environment that is to be measured. pip is not counted: it is always there.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

TOOLS = {"pip", "setuptools", "wheel", "mainspring"}


def packages() -> list[str]:
    """The third-party packages of this environment."""
    return sorted({found.name.lower() for found in distributions()} - TOOLS)


def megabytes(folder: Path) -> tuple[float, float]:
    """The size of all files but pip's own: what the packages brought, and the bytecode that Python made of it."""
    brought = made = 0
    for path in folder.rglob("*"):
        if path.relative_to(folder).parts[0] not in TOOLS and path.is_file() and not path.is_symlink():
            if path.suffix == ".pyc":
                made += path.stat().st_size
            else:
                brought += path.stat().st_size
    return brought / 1e6, made / 1e6


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, required=True, help="the most packages")
    parser.add_argument(
        "--megabytes", type=float, required=True, help="the most megabytes (10^6 bytes) they bring"
    )
    promised = parser.parse_args()
    names = packages()
    brought, made = megabytes(Path(sysconfig.get_path("purelib")))
    print(f"{len(names)} packages (at most {promised.packages}): {' '.join(names)}")
    print(f"{brought:.0f} MB (at most {promised.megabytes:.0f}), and {made:.0f} MB of bytecode made of it")
    return int(len(names) > promised.packages or brought > promised.megabytes)


if __name__ == "__main__":
    sys.exit(main())
