"""Regular expressions of JSON Schema (ECMA-262) matched in linear time.

Backtracking engines can be made to run without end or to fill the memory: a timeout ends the first, but
nested counted repetitions take gigabytes before it comes. Here a pattern becomes an automaton whose states
are computed while it runs, with a deadline checked on the way. Look-around is computed beforehand for all
positions of the text; back-references, which no automaton can follow, are refused.
"""

from __future__ import annotations

from typing import NamedTuple

from .limits import Deadline
from .pattern_syntax import (
    Assertion,
    Characters,
    Choice,
    LookAround,
    Node,
    PatternError,
    Repeat,
    Sequence,
    is_word,
    parse,
)

__all__ = ["Matcher", "Pattern", "PatternError"]

MAX_STATES = 20_000
"""States of one pattern: `x{1000}` takes about a thousand."""

_CACHED = 200_000
"""Automaton states, weighted by size, that one matcher keeps before it starts afresh."""

_START, _END, _BOUNDARY = 1, 2, 4
_FIRST_LOOK = 8


class Pattern:
    """A pattern that was read and found small enough; `Matcher` runs it. Raises `PatternError`."""

    __slots__ = ("size", "source", "tree")

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = parse(source)
        self.size = _size(self.tree)
        if self.size > MAX_STATES:
            raise PatternError(f"is too large: its repetitions stand for more than {MAX_STATES} characters")


class Matcher:
    """Searches one pattern in many texts, until the deadline."""

    __slots__ = ("_deadline", "_looks", "_machine", "_uses_boundary")

    def __init__(self, pattern: Pattern, deadline: Deadline) -> None:
        self._deadline = deadline
        builder = _Builder(deadline)
        self._machine = builder.machine(pattern.tree, backwards=False)
        self._looks = builder.looks
        self._uses_boundary = builder.uses_boundary

    @property
    def size(self) -> int:
        """Automaton states, weighted by size, that are remembered."""
        return self._machine.cache_size + sum(look.machine.cache_size for look in self._looks)

    def search(self, text: str, deadline: Deadline | None = None) -> bool:
        """Whether some part of the text matches; until another deadline, if one is given."""
        deadline = deadline or self._deadline
        deadline.tick()
        contexts = self._contexts(text, deadline)
        return self._machine.finds(text, contexts, deadline)

    def _contexts(self, text: str, deadline: Deadline) -> list[int] | None:
        """What holds at each position; None when only the start and the end of the text matter."""
        if not self._looks and not self._uses_boundary:
            return None
        contexts = [0] * (len(text) + 1)
        contexts[0] |= _START
        contexts[-1] |= _END
        if self._uses_boundary:
            before = False
            for position, char in enumerate(text):
                if position % 4096 == 0:
                    deadline.tick()
                after = is_word(char)
                if before != after:
                    contexts[position] |= _BOUNDARY
                before = after
            if before:
                contexts[-1] |= _BOUNDARY
        # Inner look-around comes first in the list, so what an outer one asks for is known.
        for look in self._looks:
            look.machine.mark(text, contexts, look, deadline)
        return contexts


class _Look(NamedTuple):
    machine: _Machine
    flag: int
    ahead: bool
    negative: bool


# A machine is four parallel lists. A state either consumes a character (`chars` set, goes to `out[0]`), or
# leads on without one to all of `out`, if what `need` and `refuse` say of the context holds.
class _Machine:
    __slots__ = ("accept", "cache", "cache_size", "chars", "need", "out", "refuse", "start")

    def __init__(self) -> None:
        self.chars: list[Characters | None] = []
        self.out: list[tuple[int, ...]] = []
        self.need: list[int] = []
        self.refuse: list[int] = []
        self.start = 0
        self.accept = 0
        self.cache: dict[tuple[frozenset[int], int], _Step] = {}
        self.cache_size = 0

    def add(self, chars: Characters | None = None, *, need: int = 0, refuse: int = 0) -> int:
        self.chars.append(chars)
        self.out.append(())
        self.need.append(need)
        self.refuse.append(refuse)
        return len(self.out) - 1

    def finds(self, text: str, contexts: list[int] | None, deadline: Deadline) -> bool:
        end = len(text)
        last = _END if contexts is None else contexts[end]
        first = _START if contexts is None else contexts[0]
        if end == 0:
            first |= _END
            last = first
        fresh = frozenset((self.start,))
        step = self.step(fresh, first, deadline)
        for position, char in enumerate(text):
            if step.accepts:
                return True
            if position & 1023 == 1023:
                deadline.tick()
            following = step.after.get(char)
            if following is None:
                following = self.advance(step, char, fresh, deadline)
            context = 0 if contexts is None else contexts[position + 1]
            if position + 1 == end:
                context = last
            if contexts is None and context == 0:
                inner = following.inner
                if inner is None:
                    inner = following.inner = self.step(following.states, 0, deadline)
                step = inner
                if not step.chars and not step.accepts:
                    # Nothing that could still match starts inside the text: only its end can differ.
                    return self.step(fresh, last, deadline).accepts
            else:
                step = self.step(following.states, context, deadline)
        return step.accepts

    def mark(self, text: str, contexts: list[int], look: _Look, deadline: Deadline) -> None:
        """Set the flag of a look-around at every position where it holds."""
        fresh = frozenset((self.start,))
        length = len(text)
        states = fresh
        for offset in range(length + 1):
            if offset & 1023 == 1023:
                deadline.tick()
            position = length - offset if look.ahead else offset
            step = self.step(states, contexts[position], deadline)
            if step.accepts != look.negative:
                contexts[position] |= look.flag
            if offset < length:
                char = text[position - 1] if look.ahead else text[position]
                following = step.after.get(char) or self.advance(step, char, fresh, deadline)
                states = following.states

    def step(self, states: frozenset[int], context: int, deadline: Deadline) -> _Step:
        key = (states, context)
        step = self.cache.get(key)
        if step is None:
            step = self.closure(states, context, deadline)
            self.grow(len(states) + len(step.chars) + 8)
            self.cache[key] = step
        return step

    def closure(self, states: frozenset[int], context: int, deadline: Deadline) -> _Step:
        deadline.tick()
        out, chars, need, refuse, accept = self.out, self.chars, self.need, self.refuse, self.accept
        seen = set(states)
        todo = list(states)
        consuming: list[tuple[Characters, int]] = []
        while todo:
            state = todo.pop()
            if need[state] & ~context or refuse[state] & context:
                continue
            wanted = chars[state]
            if wanted is not None:
                consuming.append((wanted, out[state][0]))
                continue
            for following in out[state]:
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        return _Step(consuming, accepts=accept in seen)

    def advance(self, step: _Step, char: str, fresh: frozenset[int], deadline: Deadline) -> _Following:
        deadline.tick()
        known: dict[int, bool] = {}
        reached = set(fresh)
        for chars, target in step.chars:
            fits = known.get(id(chars))
            if fits is None:
                fits = known[id(chars)] = chars.fits(char)
            if fits:
                reached.add(target)
        following = _Following(frozenset(reached))
        self.grow(len(reached) + 8)
        step.after[char] = following
        return following

    def grow(self, size: int) -> None:
        self.cache_size += size
        if self.cache_size > _CACHED:
            for step in self.cache.values():
                step.after.clear()
            self.cache.clear()
            self.cache_size = size


class _Step:
    """What can follow at a position: the characters wanted, or acceptance already."""

    __slots__ = ("accepts", "after", "chars")

    def __init__(self, chars: list[tuple[Characters, int]], *, accepts: bool) -> None:
        self.chars = chars
        self.accepts = accepts
        self.after: dict[str, _Following] = {}


class _Following:
    """The states after a character, before looking at the position; `inner` is their step in mid-text."""

    __slots__ = ("inner", "states")

    def __init__(self, states: frozenset[int]) -> None:
        self.states = states
        self.inner: _Step | None = None


class _Builder:
    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.looks: list[_Look] = []
        self.uses_boundary = False
        self.flags: dict[int, int] = {}

    def machine(self, tree: Node, *, backwards: bool) -> _Machine:
        machine = _Machine()
        machine.start = machine.add()
        end = self.put(machine, tree, machine.start, backwards)
        machine.accept = end
        return machine

    def put(self, machine: _Machine, node: Node, entry: int, backwards: bool) -> int:
        """Append what matches the node after the state `entry`; returns the state reached by then."""
        if isinstance(node, Characters):
            state = machine.add(node)
            self.link(machine, entry, state)
            end = machine.add()
            machine.out[state] = (end,)
            return end
        if isinstance(node, Sequence):
            for part in reversed(node.parts) if backwards else node.parts:
                entry = self.put(machine, part, entry, backwards)
            return entry
        if isinstance(node, Choice):
            end = machine.add()
            for option in node.options:
                first = machine.add()
                self.link(machine, entry, first)
                self.link(machine, self.put(machine, option, first, backwards), end)
            return end
        if isinstance(node, Repeat):
            return self.put_repeat(machine, node, entry, backwards)
        need, refuse = self.condition(node)
        state = machine.add(need=need, refuse=refuse)
        self.link(machine, entry, state)
        end = machine.add()
        machine.out[state] = (end,)
        return end

    def put_repeat(self, machine: _Machine, node: Repeat, entry: int, backwards: bool) -> int:
        self.deadline.tick()
        for _ in range(node.least):
            self.deadline.tick()
            entry = self.put(machine, node.part, entry, backwards)
        end = machine.add()
        if node.most is None:
            loop = machine.add()
            self.link(machine, entry, loop)
            self.link(machine, self.put(machine, node.part, loop, backwards), loop)
            self.link(machine, loop, end)
            return end
        for _ in range(node.most - node.least):
            self.deadline.tick()
            self.link(machine, entry, end)
            first = machine.add()
            self.link(machine, entry, first)
            entry = self.put(machine, node.part, first, backwards)
        self.link(machine, entry, end)
        return end

    def condition(self, node: Assertion | LookAround) -> tuple[int, int]:
        """Flags of the context that must be set, and that must not be."""
        if isinstance(node, LookAround):
            flag = self.flags.get(id(node))
            if flag is None:
                inner = self.machine(node.part, backwards=node.ahead)
                flag = self.flags[id(node)] = _FIRST_LOOK << len(self.looks)
                self.looks.append(_Look(inner, flag, node.ahead, node.negative))
            return flag, 0
        if node.kind == "start":
            return _START, 0
        if node.kind == "end":
            return _END, 0
        self.uses_boundary = True
        return (_BOUNDARY, 0) if node.kind == "boundary" else (0, _BOUNDARY)

    @staticmethod
    def link(machine: _Machine, source: int, target: int) -> None:
        machine.out[source] += (target,)


def _size(node: Node) -> int:
    """How many states the node will take, roughly; stops counting where it is too many anyway."""
    if isinstance(node, Sequence):
        return 1 + sum(map(_size, node.parts))
    if isinstance(node, Choice):
        return 1 + sum(map(_size, node.options))
    if isinstance(node, LookAround):
        return 1 + _size(node.part)
    if isinstance(node, Repeat):
        most = node.most if node.most is not None else node.least + 1
        return min(1 + max(most, 1) * _size(node.part), MAX_STATES * 10)
    return 1
