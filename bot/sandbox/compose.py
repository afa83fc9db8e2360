"""The whole world from one seed: the real provider and platform, put beside the second Slack."""

from pathlib import Path

from bot.sandbox.platform.fleet import Platform
from bot.sandbox.platform.settings import settings_from
from bot.sandbox.provider.asking import Refused
from bot.sandbox.provider.control import edited
from bot.sandbox.provider.personas import CATALOGUE, Persona
from bot.sandbox.provider.server import Provider
from bot.sandbox.seed import Seed, SeedError
from bot.sandbox.world import World


def compose(seed: Seed, port: int, directory: Path) -> World:
    """Answers a world, not started yet.

    Raises:
        SeedError: for a section of the seed that the provider or the platform cannot use.
    """
    provider = _provider(seed)
    try:
        settings = settings_from(seed.platform)
    except ValueError as error:
        raise SeedError(str(error)) from error
    directory.mkdir(parents=True, exist_ok=True)
    platform = Platform(directory, provider, seed.seed, settings)
    return World(seed, port=port, directory=directory, provider=provider, platform=platform)


def _provider(seed: Seed) -> Provider:
    """Answers the provider: its catalogue, with the models the seed changes or adds."""
    unknown = sorted(set(seed.provider) - {"models", "key"})
    if unknown:
        raise SeedError(f"provider: unknown key {', '.join(unknown)}; known: key, models")
    models, key = seed.provider.get("models") or {}, seed.provider.get("key")
    if not isinstance(models, dict) or not all(isinstance(changes, dict) for changes in models.values()):
        raise SeedError("provider.models: a mapping of model ids to the fields of their persona is expected")
    if key is not None and not isinstance(key, str):
        raise SeedError("provider.key: a text is expected")
    personas = dict(CATALOGUE)
    for model, changes in models.items():
        try:
            personas[model] = edited(personas.get(model) or Persona(model), changes)
        except Refused as error:
            raise SeedError(f"provider.models.{model}: {error}") from error
    return Provider(personas, seed.seed, key=key)
