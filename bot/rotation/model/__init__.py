"""The state of a rotation: frozen data, changed only by `machine.transition`.

No behaviour beyond looking things up in itself. Every field that a person is shown or a gate asks about is here.
"""
