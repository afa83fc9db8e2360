"""rotate: replaces an LLM platform's current model by a candidate, safely, from Slack."""
