"""A report as others read it: the JSON contract, and the table of the terminal. No decisions."""
