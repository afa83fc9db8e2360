"""The table in README.md: twenty-five complaints, each with its proof, and no proof that is not a test."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TESTS: Final = HERE.parent
COMPLAINTS: Final = 25
_ROW: Final = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
_PROOF: Final = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[tuple[int, str, list[tuple[str, str]]]]:
    """Number, complaint and the tests named, of every row."""
    table = (HERE / "README.md").read_text(encoding="utf-8")
    return [(int(n), said, _PROOF.findall(proof)) for n, said, proof, _ in _ROW.findall(table)]


def test_every_complaint_has_its_row_and_its_proof() -> None:
    found = rows()
    assert [n for n, _, _ in found] == list(range(1, COMPLAINTS + 1))
    assert len({said for _, said, _ in found}) == COMPLAINTS
    assert [n for n, _, proof in found if not proof] == []


def test_what_is_named_as_proof_is_collected() -> None:
    named = {proof for _, _, proofs in rows() for proof in proofs}
    files = sorted({str(TESTS / file) for file, _ in named})
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not bench", *files)
    listed = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stdout[-2000:]
    collected = {(file, name) for file, name in re.findall(r"^tests/(\S+?)::(test_\w+)", listed.stdout, re.MULTILINE)}
    assert sorted(named - collected) == []
