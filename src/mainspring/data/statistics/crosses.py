"""What pairs of features hold together: correlations, and each feature with the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.statistics.association import Association, Lift, associate, lifts
from mainspring.data.statistics.comoments import CoMoments
from mainspring.data.statistics.contingency import Contingency
from mainspring.data.statistics.merging import merge_all, merge_present


@dataclass(frozen=True, slots=True)
class Crosses:
    """What pairs of features hold together.

    Attributes:
        moments: Covariances and correlations of the numeric features; ``None`` if they were not measured.
        label: The label that the other features were measured with, if any.
        contingencies: Feature to how often its values and those of the label come together.
    """

    moments: CoMoments | None = None
    label: str | None = None
    contingencies: Mapping[str, Contingency] = field(default_factory=dict)

    def correlation(self, one: str, other: str) -> float:
        """Pearson's coefficient of two numeric features; NaN if one of them does not vary.

        Raises:
            NotFoundError: If the pair was not measured.
        """
        return self._moments().correlation(one, other)

    def covariance(self, one: str, other: str) -> float:
        """Covariance of the population of two numeric features; NaN if no row has both.

        Raises:
            NotFoundError: If the pair was not measured.
        """
        return self._moments().covariance(one, other)

    def association(self, feature: str) -> Association:
        """How closely a feature and the label go together: mutual information and the like.

        Raises:
            NotFoundError: If the feature was not measured with a label.
        """
        return associate(self._contingency(feature))

    def associations(self) -> dict[str, Association]:
        """How closely every feature and the label go together, the closest first (adjusted mutual information)."""
        found = {name: associate(table) for name, table in self.contingencies.items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1].adjusted_mutual_information, item[0])))

    def lift(
        self, feature: str, *, number: int | None = None, weighted: bool = False, least: float = 1.0
    ) -> tuple[Lift, ...]:
        """P(label | value) / P(label) of the values of a feature and of the label, the largest first.

        Args:
            number: How many; all if not given.
            weighted: Whether rows count by their weight.
            least: Leave out values in fewer rows (or of less weight) than this.

        Raises:
            NotFoundError: If the feature was not measured with a label.
            InputError: If weights are asked for and there were none.
        """
        table = self._contingency(feature)
        if weighted and not table.weights:
            raise InputError("the rows have no weights", expected="statistics with a column of weights")
        return lifts(table, weighted=weighted, least=least)[:number]

    @classmethod
    def merged(cls, parts: Sequence[Crosses]) -> Crosses:
        """Of the rows of all parts.

        Raises:
            InputError: If their labels or their features differ.
        """
        labels = {part.label for part in parts}
        if len(labels) > 1:
            raise InputError(
                "parts with the labels " + ", ".join(sorted(map(repr, labels))), expected="one label in all parts"
            )
        names = dict.fromkeys(name for part in parts for name in part.contingencies)
        return Crosses(
            moments=merge_present([part.moments for part in parts]),
            label=parts[0].label,
            contingencies={
                name: merge_all([part.contingencies[name] for part in parts if name in part.contingencies])
                for name in names
            },
        )

    def merge(self, other: Crosses) -> Crosses:
        """Of the rows of both."""
        return self.merged([self, other])

    def _moments(self) -> CoMoments:
        if self.moments is None:
            raise NotFoundError(
                "no correlations were measured", fix="name columns to cross when you compute statistics"
            )
        return self.moments

    def _contingency(self, feature: str) -> Contingency:
        if feature not in self.contingencies:
            raise NotFoundError(
                f"{feature!r} was not measured with a label",
                expected="one of " + ", ".join(self.contingencies) if self.contingencies else "a label",
                fix="" if self.contingencies else "name the label when you compute statistics",
            )
        return self.contingencies[feature]
