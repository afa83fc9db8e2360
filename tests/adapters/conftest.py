"""A real Prometheus from its package, with history written into it, for the adapters that read one."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

SampleAt = tuple[datetime, float]


@dataclass(frozen=True)
class Line:
    """One counter series and what it showed when it was scraped; gaps are scrapes that did not see it."""

    name: str
    labels: dict[str, str]
    samples: Sequence[SampleAt]


def openmetrics(lines: Sequence[Line]) -> str:
    """What promtool reads history from: families together, each series' samples in order."""
    families: dict[str, list[Line]] = {}
    for line in lines:
        families.setdefault(line.name, []).append(line)
    written = []
    for name, members in families.items():
        written.append(f"# TYPE {name} unknown")
        for line in members:
            labels = ",".join(f'{label}="{value}"' for label, value in line.labels.items())
            written += [f"{name}{{{labels}}} {value} {at.timestamp():.3f}" for at, value in line.samples]
    return "\n".join([*written, "# EOF", ""])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/-/ready", timeout=1) as answer:  # noqa: S310 - a loopback address we made
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("Prometheus did not start")


def _filled(tool: Path, folder: Path, lines: Sequence[Line]) -> None:
    """Write history into a store's folder, before it is started."""
    history = folder / "history.om"
    history.write_text(openmetrics(lines))
    command: list[str | Path] = [tool, "tsdb", "create-blocks-from", "openmetrics", history, folder / "data"]
    filled = subprocess.run(command, capture_output=True, text=True, check=False)
    assert filled.returncode == 0, filled.stderr


SCRAPING = """\
scrape_configs:
  - job_name: platform
    scrape_interval: 200ms
    scrape_timeout: 200ms
    metrics_path: {path}
    static_configs: [{{targets: ["{target}"]}}]
"""


@dataclass(frozen=True)
class Prometheus:
    """A real one: where it listens, and its process."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it, and return when it is gone."""
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="session")
def start_prometheus(
    require_program: Callable[..., Path], free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Prometheus]]:
    """`start_prometheus(lines, config)`: one that has scraped these and scrapes that; gone when the session ends."""
    server, tool = require_program("prometheus"), require_program("promtool")
    with ExitStack() as stack:

        def start(lines: Sequence[Line] = (), config_text: str = "scrape_configs: []\n") -> Prometheus:
            folder = tmp_path_factory.mktemp("prometheus")
            config = folder / "prometheus.yml"
            config.write_text(config_text)
            if lines:
                _filled(tool, folder, lines)
            address = f"127.0.0.1:{free_port()}"
            process = subprocess.Popen(
                [
                    server,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    "--storage.tsdb.retention.time=10y",
                    f"--web.listen-address={address}",
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            found = Prometheus(f"http://{address}", process)
            stack.callback(found.stop)
            _wait_until_ready(found.url, process)
            return found

        yield start


@pytest.fixture(scope="session")
def prometheus_with(start_prometheus: Callable[..., Prometheus]) -> Callable[[Sequence[Line]], str]:
    """`prometheus_with(lines)`: the URL of a Prometheus that has scraped these."""
    return lambda lines: start_prometheus(lines).url
