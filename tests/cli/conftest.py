"""A real Prometheus for the verbs that ask one."""

from tests.adapters.conftest import prometheus_with, start_prometheus

__all__ = ["prometheus_with", "start_prometheus"]
