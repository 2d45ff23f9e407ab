"""Which columns of a query have one value in each row: those that joins and conditions say are equal."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from data_platform.meaning.value import Identity, Meaning


class Identities:
    """Classes of equal columns. What is found equal stays so; each mention of a relation has identities of its own."""

    def __init__(self) -> None:
        self._parents: dict[Identity, Identity] = {}
        self._mentions = 0
        self._grains: list[tuple[frozenset[Identity], frozenset[Identity]]] = []
        """Columns that decide a row of a mentioned table, and all columns that are decided by them."""

    def find(self, identity: Identity) -> Identity:
        """The one that stands for all that are equal to it."""
        while identity in self._parents:
            identity = self._parents[identity]
        return identity

    def same(self, one: Identity, other: Identity) -> bool:
        return self.find(one) == self.find(other)

    def covers(self, some: Iterable[Identity], identity: Identity) -> bool:
        """Whether rows that agree in `some` agree in this one: it is among them, a constant, or decided by them."""
        found = self.find(identity)
        return _is_constant(found) or found in self._decided(some)

    def _decided(self, some: Iterable[Identity]) -> frozenset[Identity]:
        agreed = {self.find(one) for one in some}
        before = -1
        while before != len(agreed):
            before = len(agreed)
            for grain, columns in self._grains:
                if all(_is_constant(self.find(one)) or self.find(one) in agreed for one in grain):
                    agreed |= {self.find(one) for one in columns}
        return frozenset(agreed)

    def equate(self, one: Meaning, other: Meaning) -> None:
        """Two expressions have one value: so have the columns that they are computed from, where these match."""
        if one.is_constant != other.is_constant:
            made, fixed = (other, one) if one.is_constant else (one, other)
            if len(made.made_of) == 1:
                self._join(next(iter(made.made_of)), ("=", fixed.numbers))
            return
        if len(one.made_of) == 1 and len(other.made_of) == 1:
            self._join(*one.made_of, *other.made_of)
            return
        # Both are computed likewise from the same columns of two mentions of a table: a hash of the key, say.
        ours, theirs = ({_name(each): each for each in made} for made in (one.made_of, other.made_of))
        if ours.keys() == theirs.keys():
            for name, each in ours.items():
                self._join(each, theirs[name])

    def _join(self, one: Identity, other: Identity) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            # A constant stands for its class.
            child, parent = (other, one) if _is_constant(one) else (one, other)
            self._parents[child] = parent

    def mention(self, columns: Mapping[str, Meaning], grain: Iterable[str] = ()) -> dict[str, Meaning]:
        """The columns of a relation that is named once more, as if it were another. `grain` decides its rows."""
        self._mentions += 1
        number = self._mentions

        def renamed(identity: Identity) -> Identity:
            found = self.find(identity)
            return found if _is_constant(found) else (number, found)

        found = {name: meaning.moved(renamed) for name, meaning in columns.items()}
        deciding = frozenset(one for name in grain for one in found[name.lower()].made_of)
        if deciding:
            self._grains.append((deciding, frozenset(one for each in found.values() for one in each.made_of)))
        return found

    @contextmanager
    def assuming(self) -> Iterator[None]:
        """What is equated inside holds inside only: the branch of a CASE."""
        before = dict(self._parents)
        yield
        self._parents = before


def _is_constant(identity: Identity) -> bool:
    return isinstance(identity, tuple) and identity[0] == "="


def _name(identity: Identity) -> Identity:
    """What a column is called, whichever mention it is of."""
    return identity[1] if isinstance(identity, tuple) and len(identity) == 2 else identity
