"""Loading one version of a model, and letting go of it, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.caching.keys import digest_of
from mainspring.serving.ports import Answering
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt, fingerprint
from mainspring.serving.served import Served

THREADS = "load"
"""How the names of threads that load begin."""

_DRAIN_LOOK_SECONDS = 0.005
_PAUSE_SECONDS = 0.5
_USUAL_SECONDS, _POLITE_SECONDS = sys.getswitchinterval(), 0.0001


class Opener(Protocol):
    """Opens a package as something that answers."""

    def __call__(self, at: PackageAt, options: ModelOptions, /) -> Answering:
        """Load it and warm it up.

        Raises:
            MainspringError: If that cannot be done.
        """
        ...


class LoadError(MainspringError):
    """A model could not be loaded."""

    code = "LOAD_FAILED"


class Loader:
    """Loads models and lets go of them. One thing at a time, so that what is served is held up by one at most.

    Args:
        opener: Opens a package.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=THREADS)
        self._at_work = 0

    def load(self, at: PackageAt, options: ModelOptions) -> Served:
        """Load a version in this thread, as often as the options say.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        for attempt in range(options.retries + 1):
            try:
                return self._load(at, options)
            except MainspringError:
                if attempt == options.retries:
                    raise
                time.sleep(_PAUSE_SECONDS * 2**attempt)
        raise LookupError("there is no attempt that neither loaded nor failed")

    async def load_aside(self, at: PackageAt, options: ModelOptions) -> Served:
        """Load a version in the loader's thread, without holding up the thread that answers.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        with self._politely():
            return await asyncio.get_running_loop().run_in_executor(self._pool, self.load, at, options)

    async def retire(self, served: Served) -> None:
        """Wait until nothing is in flight and no thread works with it, and let go of a version's memory."""
        while served.at_work:
            await asyncio.sleep(_DRAIN_LOOK_SECONDS)
        with self._politely():
            await asyncio.get_running_loop().run_in_executor(self._pool, _let_go, served.model)

    def close(self) -> None:
        """Begin nothing more; a model that is just being loaded is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @contextlib.contextmanager
    def _politely(self) -> Iterator[None]:
        """Meanwhile, a thread that wants the interpreter gets it at once, not after five milliseconds."""
        self._at_work += 1
        sys.setswitchinterval(_POLITE_SECONDS)
        try:
            yield
        finally:
            self._at_work -= 1
            if not self._at_work:
                sys.setswitchinterval(_USUAL_SECONDS)

    def _load(self, at: PackageAt, options: ModelOptions) -> Served:
        began, before = time.perf_counter(), _resident()
        try:
            # Before it is read: what is written meanwhile is seen as new at the next look.
            digest, content = fingerprint(at.folder), digest_of(at.folder) if options.cache is not None else ""
            model = self._opener(at, options)
        except MainspringError:
            raise
        except Exception as error:
            raise LoadError(
                f"the model could not be loaded: {type(error).__name__}: {error}", where=str(at.folder)
            ) from error
        if options.batching is not None and not getattr(model, "batches", True):
            model.close()
            raise _apart(at)
        return Served(
            model,
            digest=digest,
            content=content,
            timeout=options.timeout,
            batching=options.batching,
            caching=options.cache,
            size=max(0, _resident() - before),
            load_seconds=time.perf_counter() - began,
        )


def _apart(at: PackageAt) -> InputError:
    return InputError(
        "the rows of several requests cannot be computed together by this model",
        expected="a model whose inputs and outputs all have one entry per row",
        where=f"{at.name} {at.version}",
        fix="leave batching out of its options",
    )


def _let_go(model: Answering) -> None:
    model.close()
    del model
    gc.collect()
    _trim()


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where that cannot be told."""
    try:
        text = Path("/proc/self/statm").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _trim() -> None:
    """Give freed memory back to the system: the allocator of the C library keeps it otherwise."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError:
        return  # another C library
