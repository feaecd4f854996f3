"""What is left over goes; what a step may still be at work on stays."""

import os
import time

import mainspring
from mainspring.app.collecting import collect


def test_checkpoints_that_nobody_went_on_from_go(tmp_path):
    (tmp_path / "mainspring.toml").write_text('[project]\nname = "x"\n')
    for name, days in {"old": 3, "young": 0.5}.items():
        file = tmp_path / ".mainspring/checkpoints" / name / "000000000001" / "state.json"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        past = time.time() - days * 86400
        for one in (file, file.parent, file.parent.parent):
            os.utime(one, (past, past))
    with mainspring.open(tmp_path) as opened:
        assert collect(opened, keep_runs=1, keep_days=4).scratch == []
        assert collect(opened, keep_runs=1, keep_days=0, dry_run=True).scratch == ["checkpoints/old"]
        assert collect(opened, keep_runs=1, keep_days=0).scratch == ["checkpoints/old"]
        assert collect(opened, keep_runs=1, keep_days=0).scratch == []
    assert (tmp_path / ".mainspring/checkpoints/young").exists()
