"""A local static embedding (model2vec), for those who installed the extra `embedding` and have a model's files.

Nothing is ever downloaded: the model is a folder on this machine, and a name of a hub is refused.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    from model2vec import StaticModel

EXTRA: Final = "needs the extra `embedding`: pip install 'rotate[embedding]'"


def embedding_problem(folder: str) -> str | None:
    """Why texts cannot be embedded with the model in this folder; None when they can."""
    if find_spec("model2vec") is None:
        return EXTRA
    if not (Path(folder) / "model.safetensors").is_file():
        return f"{folder} is no folder of a model2vec model (model.safetensors, tokenizer.json, config.json)"
    return None


def cosine(folder: str, one: str, other: str) -> float:
    """The cosine of two texts' vectors, from -1 to 1. Raises Untellable where there is no such model."""
    import numpy as np

    if (why := embedding_problem(folder)) is not None:
        raise Untellable(why)
    first, second = (np.asarray(vector, dtype=float) for vector in _model(folder).encode([one, other]))
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size else 0.0


@lru_cache(maxsize=2)
def _model(folder: str) -> "StaticModel":
    from model2vec import StaticModel

    try:
        return StaticModel.from_pretrained(folder)
    except Exception as error:  # noqa: BLE001 (whatever a damaged file makes it raise)
        raise Untellable(f"the model in {folder} cannot be loaded: {error}") from None
