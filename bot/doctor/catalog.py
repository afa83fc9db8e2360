"""What the catalog says now, what it does not say of the models that are live, and what is left of the credit."""

from collections.abc import Iterable

from bot.catalog.model import Listed
from bot.doctor.model import Finding, fails, not_checked, ok
from bot.ports import Account, Catalog

CHECK = "catalog"
OF_THE_FILE = "correct it, or take `catalog: {file: ...}` out of the runbook"


async def check_catalog(catalog: Catalog | None, file: str | None, live: Iterable[str]) -> tuple[Finding, ...]:
    """Whether models are listed, and the live ones among them; a list nobody gives fails nothing, it only proposes."""
    if catalog is None:
        return ()
    listing = await catalog.listing()
    if listing.problem and file is not None and listing.problem.startswith(file):
        return (fails(CHECK, listing.problem, OF_THE_FILE),)
    if listing.problem:
        todo = "without it no model is proposed, and the form does not complete; `catalog: {file: ...}` can stand in"
        return (not_checked(CHECK, listing.problem, todo),)
    known = {model.id: model for model in listing.models}
    dated = sum(1 for model in listing.models if model.retires is not None)
    found = [ok(CHECK, f"{len(known)} models are listed, {dated} with a retirement date")]
    return (*found, *(_live(model, known.get(model) or known.get(model.partition(":")[0])) for model in live))


async def check_credit(account: Account | None) -> list[Finding]:
    """What is left of the key's credit, where its provider says it: with none, no way back can be proven."""
    if account is None:
        return []
    credit = await account.credit()
    if credit.problem:
        return [not_checked("credit", credit.problem, "see the provider's page; 402 and 429 are noticed all the same")]
    if credit.gone:
        return [fails("credit", credit.told, "raise the key's limit, or name another key")]
    return [ok("credit", credit.told or "the key has no limit of its own")]


def _live(model: str, listed: Listed | None) -> Finding:
    check = f"{CHECK} {model}"
    if listed is None:
        what = "is live and not listed: its retirement, price and abilities are not known"
        return not_checked(check, what, "write it into the catalog file, see docs/triggers.md")
    told = {
        "price": listed.price,
        "context": listed.context,
        "tools": listed.tools,
        "structured output": listed.structured_output,
    }
    unsaid = [name for name, value in told.items() if value is None] + list(listed.unread)
    if unsaid:
        todo = "what is not known is not proposed by; the catalog file can say it, see docs/triggers.md"
        return ok(check, f"is listed; nobody says, so that it can be read: {', '.join(unsaid)}", todo)
    retires = f"; retires {listed.retires:%Y-%m-%d}" if listed.retires is not None else ""
    return ok(check, f"is listed with price, context and abilities{retires}")
