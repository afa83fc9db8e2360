"""Certificates for the tests that speak TLS, made once, and a cluster for each test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.kubernetes.certificates import Certificates, made_in
from tests.adapters.kubernetes.trial import Trial, trial


@pytest.fixture(scope="session")
def certificates(require_program: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made_in(tmp_path_factory.mktemp("certificates"), require_program("openssl"))


@pytest.fixture
async def cluster() -> AsyncIterator[Trial]:
    async with trial() as made:
        yield made
