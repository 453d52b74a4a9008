"""A process that is killed where a test wants it, as far as one process can show it; real kills: killing.py, mortal.py."""


class Killed(BaseException):
    """The process ends here."""


def die(*_arguments, **_options):
    raise Killed


class Dying:
    """A backend whose process is killed at a call, before or after that is done."""

    def __init__(self, backend, call, done, end=die):
        self.backend, self.call, self.done, self.end = backend, call, done, end

    def __getattr__(self, name):
        if name != self.call:
            return getattr(self.backend, name)

        def last(*arguments):
            if self.done:
                getattr(self.backend, name)(*arguments)
            self.end()

        return last
