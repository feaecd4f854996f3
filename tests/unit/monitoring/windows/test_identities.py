from pathlib import Path

from mainspring.monitoring.windows.identities import Identities, hashed
from mainspring.monitoring.windows.outlines import Outline


def test_requests_are_found_in_their_windows_however_they_came(tmp_path: Path) -> None:
    identities = Identities(tmp_path / "ids")
    outlines = [Outline(number=number, since=0.0, until=1.0) for number in range(3)]
    for piece in range(30):
        for outline in outlines:
            identities.add(outline, hashed(f"{outline.number}.{piece}.{place}" for place in range(5)))
        identities.tidy(outlines)
    assert len(list((tmp_path / "ids").iterdir())) == sum(len(outline.runs) for outline in outlines) < 30
    ids = ["2.29.4", "none", "0.0.0", "2.3.1"]
    again = Identities(tmp_path / "ids")
    found = {outline.number: places.tolist() for outline, places in again.find(outlines, hashed(ids))}
    assert found == {0: [2], 2: [0, 3]}
