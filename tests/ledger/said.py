"""What an owner says of one thing, worked out a second time: what holds, what is asked, what can be undone."""

from __future__ import annotations


class Said:
    """A list of acts, each with what it changed. A word is what was said, and what sources said then."""

    def __init__(self):
        self.words, self.done, self.undone = {}, [], []

    def __bool__(self):
        return bool(self.done or self.undone)

    def shown(self, source):
        return {**source, **{name: value for name, (value, _) in self.words.items()}}

    def asked(self, source):
        """Sources say something else by now."""
        return {name for name, (value, seen) in self.words.items() if seen != source[name] != value}

    def say(self, act, changes, source):
        now, asked = self.shown(source), self.asked(source)
        fresh = {name: value for name, value in changes.items() if value != now[name] or name in asked}
        self.write(
            act, {name: (value, source[name]) if value != source[name] else None for name, value in fresh.items()}
        )

    def give_up(self, act, names):
        self.write(act, dict.fromkeys(name for name in names if name in self.words))

    def decide(self, act, name, keep, source):
        self.write(act, {name: (self.words[name][0], source[name]) if keep == "mine" else None})

    def write(self, act, words):
        if words:
            self.done.append((act, {name: (self.words.get(name), word) for name, word in words.items()}))
            self.undone = []
            self.set(words)

    def undo(self):
        self.move(self.done, self.undone, 0)

    def redo(self):
        self.move(self.undone, self.done, 1)

    def move(self, stack, onto, place):
        act, changes = stack.pop()
        onto.append((act, changes))
        self.set({name: each[place] for name, each in changes.items()})

    def set(self, words):
        self.words = {name: word for name, word in {**self.words, **words}.items() if word}
