"""Logs of these tests are plain: a traceback with every local variable takes seconds to lay out."""

from collections.abc import Iterator

import pytest
import structlog

from tests.adapters.conftest import prometheus_with, start_prometheus

__all__ = ["plain_logs", "prometheus_with", "start_prometheus"]


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    yield
    structlog.reset_defaults()
