"""The provider's models compute their answers: prompts no suite holds, tools chosen and filled, the suite."""

import json
import string
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.difftest.marking.calls import invalid_call
from bot.difftest.marking.text import text_misses
from bot.difftest.marking.tools import TOOL_EXPECTATIONS
from bot.difftest.model.chat import ToolCall
from bot.difftest.suite.load import load_suite
from bot.difftest.suite.model import Case, Suite
from bot.sandbox.provider.completion import complete
from bot.sandbox.provider.personas import CATALOGUE
from bot.sandbox.provider.request import ChatRequest, parse
from bot.sandbox.provider.solver import Answer, solve

SUITE = Path(__file__).parents[2] / "bot" / "examples" / "sandbox.suite.yml"
TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def asked(text: str, **more: object) -> ChatRequest:
    return parse({"model": "any/model", "messages": [{"role": "user", "content": text}], **more})


def tool(name: str, description: str, required: list[str], **properties: object) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


TOOLS = [
    tool("lookup_customer", "Look up a customer by email", ["email"], email=TEXT),
    tool("get_exchange_rate", "Exchange rate between two currencies", ["base", "quote"], base=TEXT, quote=TEXT),
    tool(
        "search_flights",
        "Search for flights",
        ["origin", "destination"],
        origin=TEXT,
        destination=TEXT,
        passengers=WHOLE,
    ),
    tool("add", "Add two numbers", ["a", "b"], a=NUMBER, b=NUMBER),
    tool("calculator", "Evaluate an arithmetic expression", ["expression"], expression=TEXT),
    tool("turn_on_lights", "Turn lights on", ["room"], room=TEXT),
    tool("set_timer", "Start a timer", ["minutes"], minutes=WHOLE),
    tool(
        "tag_document",
        "Attach tags to a document",
        ["document_id", "tags"],
        document_id=TEXT,
        tags={"type": "array", "items": TEXT},
    ),
]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("What's 20% of 50?", "10"),
        ("If I have 3 apples and buy 5 more, how many apples do I have?", "8"),
        ("Round 3.14159 to two decimal places.", "3.14"),
        ("How many seconds in 5 minutes?", "300"),
        ("Convert 100 F to C", "37.78"),
        ("Extract the phone number from: Call me at +44 20 7946 0958 after 5pm.", "+44 20 7946 0958"),
        ("List all email addresses in: a@x.org, b@y.org and c@z.org", "a@x.org, b@y.org, c@z.org"),
        ("Who signed the letter?\n\nDear Sir, thanks. Sincerely, John Brown", "John Brown"),
        ("What year is mentioned: The treaty was signed in 1648.", "1648"),
        (
            "Return the following as JSON with keys first_name and last_name: Grace Hopper",
            '{"first_name": "Grace", "last_name": "Hopper"}',
        ),
        (
            "Classify this ticket into one of: billing, bug, feature request.\nTicket: Please add dark mode.",
            "feature request",
        ),
        ("What is the sentiment of this text? Answer positive or negative.\n\nI hated every minute of it.", "negative"),
        ("Put these in alphabetical order: Zoe, Adam, Mia", "Adam, Mia, Zoe"),
        ("Sort in descending order: 3 1 2", "3, 2, 1"),
        ("Is 'kayak' a palindrome? yes or no", "yes"),
        ("Does the word 'rotation' contain the letter 'z'? Answer Yes or No.", "No"),
        ("Is 7 > 5? true or false", "true"),
        ("Write the word banana backwards.", "ananab"),
        ("What day comes after Friday?", "Saturday"),
        ("What number is 'einundzwanzig'?", "21"),
        ("Reply with the single word: pong", "pong"),
        ("Answer only with the number: 9*8", "72"),
    ],
)
def test_answers_prompts_by_reading_them(prompt: str, answer: str) -> None:
    assert solve(asked(prompt)).text == answer


def test_the_answer_follows_the_numbers_of_the_prompt() -> None:
    for a in range(2, 60, 7):
        for b in range(3, 90, 11):
            assert solve(asked(f"What is {a} * {b}?")).text == str(a * b)
            assert solve(asked(f"Convert {a}.{b} kg to grams.")).text == f"{round(float(f'{a}.{b}') * 1000, 2):g}"


def test_a_prompt_of_no_known_family_gets_a_sensible_echo() -> None:
    assert "autumn" in solve(asked("Write a haiku about autumn.")).text


def test_a_schema_decides_keys_and_types() -> None:
    schema = {"type": "object", "properties": {"order_id": TEXT, "customer": TEXT, "units": WHOLE, "price": NUMBER}}
    answer = solve(
        asked(
            "Extract: Order 991 by Ann Lee, 3 units at $20",
            response_format={"type": "json_schema", "json_schema": {"name": "order", "schema": schema}},
        )
    )
    assert json.loads(answer.text) == {"order_id": "991", "customer": "Ann Lee", "units": 3, "price": 20}


@pytest.mark.parametrize(
    ("prompt", "name", "arguments"),
    [
        ("Look up the customer with email bob@corp.example", "lookup_customer", {"email": "bob@corp.example"}),
        ("What's the exchange rate from USD to EUR?", "get_exchange_rate", {"base": "USD", "quote": "EUR"}),
        (
            "Find me flights from Berlin to Madrid for 2 passengers",
            "search_flights",
            {"origin": "Berlin", "destination": "Madrid", "passengers": 2},
        ),
        ("Add 12 and 30", "add", {"a": 12, "b": 30}),
        ("Use the calculator to work out 12*(3+4)", "calculator", {"expression": "12*(3+4)"}),
        ("Turn on the lights in the kitchen", "turn_on_lights", {"room": "kitchen"}),
        ("Set a 10 minute timer", "set_timer", {"minutes": 10}),
        (
            'Attach the tags "finance" and "q3" to document D-221',
            "tag_document",
            {"document_id": "D-221", "tags": ["finance", "q3"]},
        ),
    ],
)
def test_chooses_the_tool_and_fills_its_arguments_by_schema(
    prompt: str, name: str, arguments: dict[str, object]
) -> None:
    (call,) = solve(asked(prompt, tools=TOOLS)).calls
    assert (call.name, json.loads(call.arguments)) == (name, arguments)


@pytest.mark.parametrize(
    "prompt", ["Thank you!", "What is the meaning of life?", "Write a poem about lights.", "Set a timer."]
)
def test_calls_nothing_where_nothing_fits_or_something_is_missing(prompt: str) -> None:
    answer = solve(asked(prompt, tools=TOOLS))
    assert answer.calls == ()
    assert answer.text


def test_tool_choice_binds() -> None:
    assert solve(asked("Add 12 and 30", tools=TOOLS, tool_choice="none")).calls == ()
    assert solve(asked("Thank you!", tools=TOOLS, tool_choice="required")).calls != ()
    named = {"type": "function", "function": {"name": "set_timer"}}
    assert [call.name for call in solve(asked("Add 12 and 30", tools=TOOLS, tool_choice=named)).calls] == ["set_timer"]


def test_answers_from_what_a_tool_returned() -> None:
    messages: list[dict[str, object]] = [
        {"role": "user", "content": "What is the temperature in Bergen?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "w", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": '{"temperature": 11.5, "wind": 3}'},
    ]
    answer = solve(parse({"model": "any/model", "messages": messages, "tools": TOOLS}))
    assert "11.5" in answer.text
    assert "3" not in answer.text.replace("11.5", "")


def after(content: str, arguments: dict[str, object], *, errors: int = 1) -> ChatRequest:
    """The conversation in which the weather was asked for and the tool answered this, so many times."""
    messages: list[dict[str, object]] = [{"role": "user", "content": "What is the weather in Bergn?"}]
    for number in range(errors):
        function = {"name": "get_weather", "arguments": json.dumps(arguments)}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [{"id": f"{number}", "function": function}]},
            {"role": "tool", "tool_call_id": f"{number}", "content": content},
        ]
    return parse({"model": "any/model", "messages": messages, "tools": TOOLS})


@pytest.mark.parametrize(
    ("error", "made", "mended"),
    [
        ("unknown city Bergn; did you mean Bergen?", {"city": "Bergn"}, {"city": "Bergen"}),
        ("no city 'Bergn', use 'Bergen' instead", {"city": "Bergn", "days": 2}, {"city": "Bergen", "days": 2}),
        ("days must be 7", {"city": "Bergen", "days": 9}, {"city": "Bergen", "days": 7}),
        ("date: expected YYYY-MM-DD", {"date": "3 March 2026"}, {"date": "2026-03-03"}),
        ("the service is busy", {"city": "Bergen"}, {"city": "Bergen"}),
    ],
)
def test_a_call_is_made_again_as_its_error_says(error: str, made: dict[str, object], mended: dict[str, object]) -> None:
    for content in (json.dumps({"error": error}), f"Error: {error}"):
        (again,) = solve(after(content, made)).calls
        assert (again.name, json.loads(again.arguments)) == ("get_weather", mended)


def test_after_several_errors_it_is_said_that_it_cannot_be_done() -> None:
    answer = solve(after('{"error": "the service is busy"}', {"city": "Bergen"}, errors=3))
    assert (answer.calls, "busy" in answer.text) == ((), True)


def test_a_model_that_never_tries_again_says_that_all_is_done() -> None:
    asked_again = after('{"error": "the service is busy"}', {"city": "Bergen"})
    right = complete(asked_again, CATALOGUE["acme/sable-4"], 7, 0).answer
    wrong = complete(asked_again, CATALOGUE["lumen/stoic-1"], 7, 0).answer
    assert [call.name for call in right.calls] == ["get_weather"]
    assert (wrong.calls, "Done" in wrong.text) == ((), True)


def _misses(case: Case, answer: Answer) -> list[str]:
    calls = [ToolCall(name=call.name, arguments=call.arguments) for call in answer.calls]
    missed = [text_misses(entry.type, entry.value, answer.text) for entry in case.about_text]
    missed += [TOOL_EXPECTATIONS[entry.type].misses(entry.value, calls, case.offered) for entry in case.about_tools]
    missed += [invalid_call(call, case.offered) for call in calls]
    return [why for why in missed if why is not None]


def _bodies() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        json.dumps(YAML(typ="safe").load(SUITE.read_text(encoding="utf-8"))["cases"])
    )
    return [
        {key: row[key] for key in ("messages", "tools", "tool_choice") if key in row} | {"model": "m"} for row in rows
    ]


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(SUITE)


def test_the_sandbox_suite_exercises_both_and_a_model_without_errors_passes_all_of_it(suite: Suite) -> None:
    assert sum(1 for case in suite.cases if case.about_text) >= 120
    assert sum(1 for case in suite.cases if case.about_tools) >= 120
    assert sum(1 for case in suite.cases for entry in case.about_tools if entry.type == "no-tool-call") >= 30
    wrong = {
        case.id: missed
        for case, body in zip(suite.cases, _bodies(), strict=True)
        if (missed := _misses(case, solve(parse(body))))
    }
    assert wrong == {}


def test_the_suite_can_tell_a_wrong_answer(suite: Suite) -> None:
    nonsense = Answer(string.ascii_letters)
    told = sum(1 for case in suite.cases if _misses(case, nonsense))
    assert told >= 0.88 * len(suite.cases)  # the rest expects no call and nothing of the words
