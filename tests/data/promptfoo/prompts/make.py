def create_prompt(context): raise SystemExit("an import runs no code")
