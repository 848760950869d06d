"""What a method minimises: the functions that `rtl_tf.methods` calls by their names."""

from collections.abc import Callable
from dataclasses import dataclass

from rtl_tf import losses, regularizers
from rtl_tf.methods import Method, Regularizer


def _whole(output):
    return output


@dataclass(frozen=True)
class Term:
    """A regularizer as training computes it, see `methods.Regularizer`.

    Attributes:
        name: of its function.
    """

    name: str
    compares: str
    answer: Callable
    distance: Callable
    half: bool

    def from_answer(self, source_answer, target_output, **options):
        """The regularizer's value, (N,), with the source's answer instead of its output."""
        return self.distance(source_answer, self.answer(target_output), **options)


@dataclass(frozen=True)
class Objective:
    """A loss of `rtl_tf.losses`, of what `pipeline.targets` gives and of a network's outputs, and the regularizers."""

    loss: Callable
    terms: tuple[Term, ...]


def objective_of(method: Method) -> Objective:
    """The functions of a method. AttributeError for a name that stands for nothing."""
    return Objective(getattr(losses, method.loss), tuple(_term(one) for one in method.regularizers))


def _term(named: Regularizer) -> Term:
    return Term(
        name=named.function,
        compares=named.compares,
        answer=getattr(regularizers, named.answer) if named.answer else _whole,
        distance=getattr(regularizers, named.distance or named.function),
        half=named.half,
    )
