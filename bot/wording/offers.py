"""What can be done about a comparison that cannot tell, in words."""


def offered(offer: str) -> str:
    """What can be done about an inconclusive verdict, from its machine word; one nobody worded is shown as it is."""
    word, _, number = offer.partition(":")
    said = {
        "unused_cases": "ask the suite's cases that were not asked yet",
        "other_judge": "name another judge in the suite (judge.model) and compare again",
        "more_traffic": f"add about {number} cases, drawn from recorded traffic (rotate suite from-traces)",
        "owner_decision": "go on with this uncertainty, as its owner's decision with a reason",
    }
    return said.get(word, offer.replace("_", " "))
