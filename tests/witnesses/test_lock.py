"""What npm may install for the tests is locked as Python's packages are: by version and hash, from no named host."""

import json
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
DECLARED: Final[dict[str, str]] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
LOCK: Final[dict[str, Any]] = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
PERMISSIVE: Final = {"Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
UNMODIFIED: Final = {"axe-core": "MPL-2.0"}


def packages() -> dict[str, dict[str, Any]]:
    return {place: found for place, found in LOCK["packages"].items() if place}


def test_every_package_has_its_hash_and_none_a_host() -> None:
    assert len(packages()) >= len(DECLARED)
    for place, found in packages().items():
        assert found["integrity"].startswith("sha512-"), place
        assert "resolved" not in found, place
        assert not found.get("hasInstallScript"), place


def test_what_is_declared_is_exact_and_is_what_is_locked() -> None:
    assert LOCK["packages"][""]["dependencies"] == DECLARED
    for name, version in DECLARED.items():
        assert packages()[f"node_modules/{name}"]["version"] == version


def test_licences_are_permissive() -> None:
    for place, found in packages().items():
        name = place.rpartition("node_modules/")[2]
        assert found["license"] in PERMISSIVE or found["license"] == UNMODIFIED.get(name), place
