"""The nouns of the engine: what goes in (commands) and what comes out (notes, answers). No word of Slack's API."""
