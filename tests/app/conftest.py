"""Logs of these tests are plain, as those of the engine's."""

from tests.engine.conftest import plain_logs

__all__ = ["plain_logs"]
