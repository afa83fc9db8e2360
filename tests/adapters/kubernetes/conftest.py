"""Certificates for the tests that speak TLS, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.kubernetes.certificates import Certificates, made_in


@pytest.fixture(scope="session")
def certificates(require_program: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made_in(tmp_path_factory.mktemp("certificates"), require_program("openssl"))
