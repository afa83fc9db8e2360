"""Whether an answer is what its case expects: assertions about text, expectations of tool calls, marks."""
