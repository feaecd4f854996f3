"""Names that are loaded on first use."""

import subprocess
import sys

import pytest

import mainspring.data
from mainspring.core.lazy import lazily


def test_names_come_from_their_modules():
    load, listed = lazily("mainspring.data", {"Table": "tables"})

    assert load("Table") is mainspring.data.Table
    assert "Table" in listed()
    with pytest.raises(AttributeError, match=r"module 'mainspring.data' has no attribute 'Tabel'"):
        load("Tabel")


def test_nothing_is_loaded_before():
    program = "import sys, mainspring.data.comparison; print('mainspring.data.comparison.mmd' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
