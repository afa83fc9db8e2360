"""One file per outside system: each implements a port of `bot.ports` and knows nothing of the rest."""
