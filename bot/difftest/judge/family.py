"""Whether two models are of one family, by their names: a judge tends to prefer its own (self-preference). Pure.

Names are all there is to go by, and they are written in many ways: `openai/gpt-5`, Bedrock's
`us.anthropic.claude-3-5-sonnet-v1:0`, `ft:gpt-4o:acme::x1` (fine-tuned), `accounts/fireworks/models/llama-v3`, a bare
`o3`.
"""

import re
from typing import Final

_NAMES: Final = {
    "openai": r"(?:chat)?gpt(?!4all|-?j\b|-?neox?\b)|o[1-9]|davinci|codex",
    "anthropic": r"claude",
    "google": r"gemini|gemma|codegemma|medgemma|learnlm|palm|bison",
    "meta": r"(?:code)?llama",
    "mistral": r"mi[sx]tral|ministral|magistral|codestral|devstral|pixtral|mathstral|voxtral",
    "alibaba": r"qwen|qwq|qvq",
    "deepseek": r"deepseek",
    "xai": r"grok",
    "cohere": r"command(?=-(?:a|r|light|nightly)|$)|c4ai|aya",
    "amazon": r"nova|titan",
    "microsoft": r"phi|wizardlm",
    "nvidia": r"nemotron",
    "ai21": r"jamba|jurassic",
    "moonshot": r"kimi|moonshot",
    "zhipu": r"(?:chat)?glm",
    "minimax": r"minimax|abab",
    "ibm": r"granite",
    "perplexity": r"sonar|pplx",
    "baidu": r"ernie",
    "tencent": r"hunyuan",
    "bytedance": r"doubao",
    "01": r"yi",
    "databricks": r"dbrx",
    "tii": r"falcon",
    "allenai": r"olmo|tulu|molmo",
    "eleutherai": r"gpt-?j|gpt-?neox?|pythia",
    "nomic": r"gpt4all",
    "writer": r"palmyra",
}
"""A maker, and how the names of its models begin; a model made from another maker's has two."""
_MAKERS: Final = {
    "google": r"google|vertex",
    "meta": r"meta(?:-llama)?",
    "mistral": r"mistral(?:ai)?",
    "alibaba": r"alibaba|qwen",
    "deepseek": r"deepseek(?:-ai)?",
    "xai": r"x-?ai",
    "moonshot": r"moonshot(?:ai)?",
    "zhipu": r"z-?ai(?:-org)?|zhipu(?:ai)?|thudm",
    "ibm": r"ibm(?:-granite)?",
    "01": r"01-ai",
    "tii": r"tiiuae",
}
"""How makers are called where that is not their own word alone."""
_HOSTS: Final = frozenset(
    (
        *("accounts", "azure", "azure_ai", "baseten", "bedrock", "cerebras", "cloudflare", "databricks", "deepinfra"),
        *("fireworks", "fireworks_ai", "groq", "hosted_vllm", "huggingface", "hyperbolic", "litellm", "lm_studio"),
        *(
            "models",
            "novita",
            "ollama",
            "openrouter",
            "publishers",
            "replicate",
            "sambanova",
            "together",
            "together_ai",
        ),
        *("togethercomputer", "vertex_ai", "vllm"),
    )
)
"""Who answers with anybody's models."""
_SAYS_NOTHING: Final = frozenset(("base", "chat", "code", "instruct", "large", "model", "open", "small", "text"))
_STEM: Final = re.compile(r"[a-z]{3,}")


def _words(patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{patterns})(?![a-z])")


_BY_NAME: Final = {maker: _words(names) for maker, names in _NAMES.items()}
_BY_MAKER: Final = {maker: _words(_MAKERS.get(maker, re.escape(maker))) for maker in _NAMES}


def same_family(one: str, other: str) -> bool:
    """Whether two ids are of one maker as far as names tell: by the table, by a prefix (`acme/…`), by a first word.

    A maker that the table lacks, whose models have different names and no prefix, is not recognised.
    """
    mine, theirs = makers(one), makers(other)
    if mine & theirs or _same(_prefix(one), _prefix(other)):
        return True
    return not (mine and theirs) and _same(_stem(one), _stem(other))


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def makers(model: str) -> frozenset[str]:
    """The makers that a name points to: by the model's own name, else by the words before it."""
    whole = model.lower()
    name = whole.rpartition("/")[2]
    found = frozenset(maker for maker, pattern in _BY_NAME.items() if pattern.search(name))
    return found or frozenset(maker for maker, pattern in _BY_MAKER.items() if pattern.search(whole))


def _prefix(model: str) -> str | None:
    before = model.lower().split("/")[:-1]
    return before[-1] if before and before[-1] not in _HOSTS else None


def _stem(model: str) -> str | None:
    found = _STEM.match(model.lower().rpartition("/")[2])
    return None if found is None or found[0] in _SAYS_NOTHING else found[0]
