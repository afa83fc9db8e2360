"""Drawing a suite from recorded traffic.

`reading` goes through the file, `spans` and `logs` know the forms of records, `messages` those of a conversation;
`near` says what is the same again, `drawing` what is taken, `personal` masks it, `expecting` says what is expected of
its answer, `suite` puts it all together.
"""
