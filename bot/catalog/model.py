"""The nouns of the catalog: a model as it is listed, what a look found, what is kept and proposed. Data only."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.difftest.model.chat import TokenPrice
from bot.rotation.model.state import Trigger


class Fact(BaseModel):
    """A piece of what is known: complete and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


PriceFrom = Literal["provider", "file", "list", ""]
"""Who said what a model costs: its provider, the operator's file, the price list this release came with, or nobody."""


class Listed(Fact):
    """One model as its source lists it. None is what nobody said, which is neither yes nor no.

    Prices are US dollars a token, `context` is in tokens. `retires` is the first moment at which it may be gone; a
    source that names only a day means its beginning, in UTC. `unread` names what was said and could not be read, such
    as a retirement date in words: that is not no retirement.
    """

    id: str
    name: str = ""
    prompt_usd: float | None = None
    completion_usd: float | None = None
    price_from: PriceFrom = ""
    context: int | None = None
    tools: bool | None = None
    structured_output: bool | None = None
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    created: datetime | None = None
    retires: datetime | None = None
    unread: tuple[str, ...] = ()

    @property
    def price(self) -> TokenPrice | None:
        """What a token costs, None where it is not known of both the prompt and the answer."""
        if self.prompt_usd is None or self.completion_usd is None:
            return None
        return TokenPrice(self.prompt_usd, self.completion_usd)


class Credit(Fact):
    """What is left of the account that pays, in US dollars. Both None: no limit. `resets`: how often it begins anew.

    `problem`: nobody says, which is neither enough nor nothing.
    """

    left_usd: float | None = None
    limit_usd: float | None = None
    resets: str = ""
    problem: str = ""

    @property
    def gone(self) -> bool:
        """Whether nothing is left."""
        return self.left_usd is not None and self.left_usd <= 0

    @property
    def told(self) -> str:
        """What is left, in words; empty where there is no limit, or nobody says."""
        if self.left_usd is None:
            return ""
        of = f" of ${self.limit_usd:,.2f}" if self.limit_usd is not None else ""
        return f"${max(0.0, self.left_usd):,.2f}{of} left on the key{f', reset {self.resets}' if self.resets else ''}"


class Listing(Fact):
    """What one look at the catalog found. `problem`: why its source did not tell, so that nobody's absence counts."""

    at: datetime
    models: tuple[Listed, ...] = ()
    problem: str = ""

    @property
    def whole(self) -> bool:
        """Whether a model that is not in it is not there."""
        return not self.problem


class Kept(Fact):
    """A model as the store keeps it: since when it is known, when it was last listed, for how many looks it was not.

    `gone_at` is when it was found to be listed no more; one that comes back is as it was.
    """

    listed: Listed
    first_seen: datetime
    last_seen: datetime
    missed: int = 0
    gone_at: datetime | None = None

    @property
    def id(self) -> str:
        """The model's id."""
        return self.listed.id


ChangeKind = Literal["appeared", "returned", "gone", "retires", "price", "changed"]


class CatalogChange(Fact):
    """One thing that changed about a model between two looks: in words that a machine reads, before and after."""

    at: datetime
    model: str
    what: ChangeKind
    before: str = ""
    after: str = ""


class Amount(Fact):
    """US dollars, with the range they lie in; `confidence` is that of the range, 0 where it is bounds and no chance."""

    usd: float
    low: float
    high: float


class Saving(Fact):
    """What a cheaper model would save in a year at current usage, measured over `days`; None: usage is not measured.

    `cheaper_low` and `cheaper_high` are by which share a token costs less, for prompts and answers, in order of size.
    """

    cheaper_low: float
    cheaper_high: float
    a_year: Amount | None = None
    days: int = 0


class Deadline(Fact):
    """When a model is gone, and when a rotation away from it has to begin at the latest.

    `validation`, `cycle` and `corridor` are the seconds that lie between the two.
    """

    retires: datetime
    last_safe_start: datetime
    validation: float
    cycle: float
    corridor: float


class Proposal(Fact):
    """A reason to begin a comparison, for people: they begin it, or they do not.

    `key` is the same for the same reason, so that it is told once. `about` is the model the reason is about, `role`
    what that is to the slot, `candidate` the one that is proposed (empty: whoever starts it names one).
    """

    key: str
    slot: str
    trigger: Trigger
    code: Literal["new_model", "retirement", "gone", "cheaper", "regressed"]
    about: str
    role: Literal["current", "way back", "candidate"] = "candidate"
    current: str = ""
    candidate: str = ""
    listed: Listed | None = None
    deadline: Deadline | None = None
    saving: Saving | None = None
    gone_at: datetime | None = None
    checks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Proposed(Fact):
    """A proposal as it was told: its id, when, where, and who muted its kind since."""

    id: str
    at: datetime
    channel: str
    proposal: Proposal
