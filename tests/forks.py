"""The process that quick commands and the programs of documentation pages are forked from.

It has imported what they need, and does nothing else: a fresh interpreter that imports scikit-learn takes seconds,
a fork of one that has takes milliseconds. A request is a line of JSON on the standard input, and so is its answer
on the standard output: exit status, output, errors.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import importlib
import json
import os
import runpy
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

from mainspring.app.cli.main import main as mainspring_main

IMPORTED = (
    "lightgbm",
    "mainspring.app.cli.init",
    "mainspring.app.cli.run",
    "mainspring.app.cli.runs",
    "mainspring.app.cli.show",
    "mainspring.app.steps",
    "mainspring.models.adapters.sklearn",
    "onnx",
    "sklearn.datasets",
)


def main() -> int:
    """Answer requests until the input closes."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            with warnings.catch_warnings():
                # Python warns of forks beside threads that libraries start when they are imported.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
            if pid == 0:
                _stand_alone(request, out.fileno(), err.fileno())
                _do(request)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read())
        sys.stdout.write(json.dumps([status, *texts]) + "\n")
        sys.stdout.flush()
    return 0


def _stand_alone(request: Mapping[str, Any], out: int, err: int) -> None:
    """Be what a new interpreter would be that was started like this."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    faulthandler.dump_traceback_later(request["seconds"], exit=True)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["folder"]
    if request["strict"]:
        sys.warnoptions[:] = ["error"]
        warnings.simplefilter("error")


def _do(request: Mapping[str, Any]) -> NoReturn:
    """Run a program, or a command, and end.

    What Python does at the end is done; what libraries do when the process ends is not, for they would wait for
    threads that the fork does not have.
    """
    code: Any = 1
    try:
        if request["script"] is None:
            sys.argv = ["mainspring", *request["arguments"]]
            code = mainspring_main(request["arguments"])
        else:
            sys.argv = [request["script"]]
            runpy.run_path(request["script"], run_name="__main__")
            code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - this process ends here
        traceback.print_exc()
    finally:
        vars(threading)["_shutdown"]()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    sys.exit(main())
