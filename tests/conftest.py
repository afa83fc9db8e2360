"""What every test may count on: what is missing is said, nothing leaves this machine, chance is seeded.

`require_program` is for real programs (Chromium, Prometheus), `require_node_package` for what tests/witnesses locks:
missing, they skip a test on a laptop and fail it with CI=true, so that no run in CI is green because it tested less.
`snapshot` compares with a file beside the test.
"""

import ipaddress
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

import pytest
from hypothesis import settings

CI: Final = os.environ.get("CI") == "true"

# The same cases every time: a test that fails now and then is one nobody believes. No deadline: machines are shared.
settings.register_profile("rotate", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("rotate")


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if not host or not isinstance(host, str):
        return True  # no name to look up
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        host = address[0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_loopback(host):
        message = f"a test reaches outside this machine: {host!r}"
        raise RuntimeError(message)


sys.addaudithook(_refuse_outside)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write what `snapshot` compares with anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --update-snapshots only the tests that have snapshots run."""
    if not config.getoption("--update-snapshots"):
        return
    chosen = [item for item in items if "snapshot" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _without(what: str) -> NoReturn:
    if CI:
        pytest.fail(f"{what}, and CI=true tests everything")
    pytest.skip(what)


@pytest.fixture(scope="session")
def require_program() -> Callable[..., Path]:
    """`require_program("chromium", "google-chrome")`: the first of these names on PATH, else skip, or fail in CI."""

    def find(*names: str) -> Path:
        for name in names:
            if path := shutil.which(name):
                return Path(path)
        _without(f"{names[0]} is not installed")

    return find


@pytest.fixture(scope="session")
def require_node_package() -> Callable[[str], Path]:
    """`require_node_package("axe-core")`: where `.ci/node-packages` has put it, else skip, or fail in CI."""

    def find(name: str) -> Path:
        path = Path(sys.prefix) / "node" / "node_modules" / name
        if not path.is_dir():
            _without(f"{name} is not installed (.ci/node-packages .venv)")
        return path

    return find


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A loopback port nobody listens on, for programs that cannot be told to choose one themselves."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`snapshot(value, "name")`: `value` must read as `__snapshots__/<test file>/<test>.<name>.json` (or `.txt`) does.

    A str is kept as text, anything else as JSON. `make snapshots` writes the files; a missing one fails.
    """

    def compare(value: object, name: str = "") -> None:
        text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        suffix = ".txt" if isinstance(value, str) else ".json"
        stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in request.node.name)
        folder = request.path.parent / "__snapshots__" / request.path.stem
        path = folder / f"{stem}{'.' + name if name else ''}{suffix}"
        if request.config.getoption("--update-snapshots"):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists():
            pytest.fail(f"{path.name} is missing: look at what `make snapshots` writes, and commit it")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; `make snapshots` writes it anew"

    return compare
