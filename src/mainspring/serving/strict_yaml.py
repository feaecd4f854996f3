"""Reading YAML that people write: names that are said twice, or mean something else in YAML, are told of."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError

_MERGE = "tag:yaml.org,2002:merge"


def load(text: str) -> Any:
    """What a text in YAML says, as plain values.

    Raises:
        yaml.YAMLError: If it is no YAML, an object has a name twice, or a name is a truth value.

    Example:
        >>> load("nodes: {clean: {model: clean}}")
        {'nodes': {'clean': {'model': 'clean'}}}
    """
    return yaml.load(text, Loader=_Strict)  # noqa: S506  it is a safe loader, and stricter


class _Strict(yaml.SafeLoader):
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if isinstance(node, yaml.MappingNode):
            seen: dict[Any, int] = {}
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                    continue
                name, line = self.construct_object(key), key.start_mark.line + 1
                if isinstance(name, bool):
                    raise ConstructorError(
                        None,
                        None,
                        f"the name {key.value!r} means {str(name).lower()}: put it in quotes",
                        key.start_mark,
                    )
                if name in seen:
                    raise ConstructorError(
                        None, None, f"{name!r} is said twice, first in line {seen[name]}", key.start_mark
                    )
                seen[name] = line
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found
