"""A real Prometheus for the verbs that ask one."""

from tests.adapters.conftest import prometheus_with

__all__ = ["prometheus_with"]
