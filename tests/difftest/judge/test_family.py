"""A judge of a contestant's maker is found in whatever way the ids are written, and a stranger is not taken for one."""

from itertools import combinations

import pytest

from bot.difftest.judge.family import makers, same_family

KIN = {
    "openai": (
        *("openai/gpt-5", "gpt-4.1-mini", "chatgpt-4o-latest", "ft:gpt-4o-mini-2024-07-18:acme::x1", "o3", "o4-mini"),
        *("azure/gpt-4o", "openrouter/openai/o1-pro:nitro", "gpt4o", "openai/gpt-oss-120b", "text-davinci-003"),
        "openai/new",
    ),
    "anthropic": (
        *("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic.claude-3-5-sonnet-v1:0", "claude-opus-4"),
        *("us.anthropic.claude-3", "bedrock/eu.anthropic.claude-3-haiku", "vertex_ai/claude-3-5-sonnet@20240620"),
        "anthropic/claude-sonnet-4.5",
    ),
    "google": (
        *("gemini-2.5-pro", "google/gemma-3-27b-it", "models/gemini-1.5-flash", "vertex_ai/gemini-pro", "text-bison"),
    ),
    "mistral": (
        *("mistral-large-latest", "open-mixtral-8x22b", "mistralai/mistral-small", "codestral-latest", "ministral-8b"),
        *("mistral.mixtral-8x7b-instruct-v0:1", "magistral-medium"),
    ),
    "meta": (
        *("meta-llama/llama-3.3-70b", "llama3.1:8b", "groq/llama-3.3-70b-versatile", "codellama-34b"),
        *("us.meta.llama3-3-70b-instruct-v1:0", "accounts/fireworks/models/llama-v3p1-70b-instruct"),
    ),
    "alibaba": ("qwen/qwen3-32b", "qwq-32b", "together_ai/Qwen/Qwen2.5-72B", "qwen-max"),
    "deepseek": ("deepseek/deepseek-chat", "deepseek-reasoner", "deepseek-ai/DeepSeek-V3"),
    "xai": ("x-ai/grok-4", "grok-3-mini", "xai/grok-2"),
    "amazon": ("us.amazon.nova-pro-v1:0", "amazon.titan-text-express-v1"),
    "cohere": ("command-r-plus", "cohere/command-a", "cohere.command-r-v1:0"),
    "microsoft": ("microsoft/phi-4", "phi3:mini"),
}


@pytest.mark.parametrize("maker", KIN)
def test_models_of_one_maker_are_of_one_family(maker: str) -> None:
    for model in KIN[maker]:
        assert makers(model) == {maker}, model
    for one, other in combinations(KIN[maker], 2):
        assert same_family(one, other), (one, other)
        assert same_family(other, one), (other, one)


def test_models_of_two_makers_are_not() -> None:
    for first, second in combinations(KIN, 2):
        for one in KIN[first]:
            for other in KIN[second]:
                assert not same_family(one, other), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("nvidia/llama-3.1-nemotron-70b", "meta-llama/llama-3.3-70b", True),  # made from it
        ("deepseek-r1-distill-llama-70b", "deepseek-chat", True),
        ("deepseek-r1-distill-llama-70b", "llama-3-8b", True),
        ("acme/sable-4", "acme/quill-1", True),
        ("quill-1", "lumen/quill-2", True),
        ("acme/sable-4", "lumen/quill-2", False),
        ("groq/sable-4", "groq/quill-2", False),  # a host answers with anybody's models
        ("text-alpha", "text-beta", False),
        ("gpt4all-j", "gpt-4o", False),
        ("eleutherai/gpt-neox-20b", "gpt-4o", False),
        ("eleutherai/gpt-j-6b", "o3", False),
        ("palmyra-x5", "palm-2", False),
        ("global.amazon.nova-lite-v1:0", "global.anthropic.claude-sonnet-4-v1:0", False),
        ("o3", "ho3", False),
        ("", "", False),
    ],
)
def test_mixed_and_unknown_names(one: str, other: str, same: bool) -> None:
    assert same_family(one, other) is same_family(other, one) is same
