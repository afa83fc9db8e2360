"""The composition root: builds the house from settings and runbook. Only what is in here knows every concrete part."""
