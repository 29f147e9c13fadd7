"""The one exception that is meant for people."""


class Refused(ValueError):
    """Something was asked for that cannot be done.

    The message is a sentence a person can read: it names the thing, the reason and the
    way out. Screens show it as an error, the command line prints it and exits with 2.
    """
