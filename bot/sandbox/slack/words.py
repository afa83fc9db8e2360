"""What Slack's own client says to a person when something goes wrong. Nothing of any app's."""

IN_THREAD = "{command} is not supported in threads. Sorry!"
NO_SUCH_COMMAND = (
    "{command} is not a valid command. In Slack, all messages that start with the “/” character are interpreted as "
    "commands. If you are trying to send a message and not run a command, try preceding the “/” with an empty space."
)
COMMAND_FAILED = "{command} failed with the error “{failure}”"
ACTION_TIMED_OUT = "Operation timed out. Apps need to respond within 3 seconds."
ACTION_FAILED = "This app is not responding, so this action could not be done ({failure})."
MODAL_FAILED = "We had some trouble connecting. Try again?"
REQUIRED = "Please complete this required field."
TOO_SHORT = "Enter at least {limit} characters."
TOO_LONG = "Enter no more than {limit} characters."
NOT_A_NUMBER = "Enter a number."
OPTIONS_FAILED = "Options could not be loaded."
TOMBSTONE = "This message was deleted."


def action_notice(failure: str | None) -> str | None:
    """Answers the text beside a button whose click the app did not take."""
    if failure is None:
        return None
    return ACTION_TIMED_OUT if failure == "operation_timeout" else ACTION_FAILED.format(failure=failure)
