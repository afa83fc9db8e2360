"""Escalations: raised by a cause, one message a cause, acknowledged by somebody who has it."""
