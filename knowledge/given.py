"""Plain values read as if they stood in a file, so that what comes over the API meets the same rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from calls.versions import Fault
from knowledge.yaml_file import Node, YamlFile

_DEEPEST = 20
_NULL, _STR = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"


class Given(YamlFile):
    """`value` as a tree of nodes; the line of a node is the number of its path, so that a fault can name its field."""

    def __init__(self, value: Any):
        super().__init__(Path("what was sent"))
        self._paths: list[str] = []
        self._root = self._node(value, "", _DEEPEST)

    def root(self) -> Node | None:
        return self._root

    @property
    def told(self) -> tuple[Fault, ...]:
        """The faults, each with the field that it is about."""
        return tuple(
            Fault(self._paths[fault.line - 1] if fault.line else "", fault.what, fault.mend) for fault in self.faults
        )

    def _node(self, value: Any, path: str, deeper: int) -> Node:
        mark = yaml.Mark("", 0, len(self._paths), 0, None, 0)
        self._paths.append(path)
        if isinstance(value, dict) and deeper:
            pairs = [
                (scalar(str(key), mark), self._node(each, f"{path}.{key}" if path else str(key), deeper - 1))
                for key, each in value.items()
            ]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, mark)
        if isinstance(value, list | tuple) and deeper:
            items = [self._node(each, path, deeper - 1) for each in value]
            return yaml.SequenceNode("tag:yaml.org,2002:seq", items, mark)
        return scalar(None if value is None else str(value), mark)


def scalar(value: str | None, mark: yaml.Mark) -> yaml.ScalarNode:
    """A single value as a node at `mark`."""
    return yaml.ScalarNode(_NULL if value is None else _STR, value or "", mark)
