"""An OpenAI-compatible provider on loopback whose models compute their answers from the prompt."""
