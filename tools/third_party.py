"""A kind of import contract: which third-party libraries each room may use.

import-linter's own kinds say what is forbidden; a library that nobody thought of would pass. This one says what
is allowed, so that every new library is a decision. It is named in ``.importlinter`` under ``contract_types``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ThirdPartyContract(Contract):
    """Modules import only the third-party libraries that the table allows them.

    Options:
        allowed: Lines of ``module: library library …``. A module gets what its own line and those of all packages
            around it allow; one without any line gets none. Lines for modules that do not exist yet are fine.
        guarded: Standard-library modules that must be allowed like a library (``sqlite3``).
    """

    type_name = "third_party"

    allowed = fields.ListField(subfield=fields.StringField())
    guarded = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare every direct import of something outside with the table."""
        output.verbose_print(verbose, "Comparing what each module imports from outside with the table...")
        table = read_table(cast("list[str]", self.allowed))
        free = set(sys.stdlib_module_names) - set(cast("set[str]", self.guarded) or ())
        roots = set(self.session_options["root_packages"])
        illegal = [
            (module, library, _lines(graph, module, library))
            for module in sorted(graph.modules)
            if module.partition(".")[0] in roots
            for library in sorted(graph.find_modules_directly_imported_by(module))
            if library.partition(".")[0] not in roots | free | allowed_for(module, table)
        ]
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name every import that the table does not allow."""
        for module, library, lines in cast("list[tuple[str, str, str]]", check.metadata["illegal"]):
            output.print_error(f"{module} is not allowed to use {library} (l.{lines})", bold=False)
        output.new_line()


def read_table(lines: list[str]) -> Mapping[str, frozenset[str]]:
    """The table from its lines.

    Raises:
        ValueError: If a module is named twice.
    """
    table: dict[str, frozenset[str]] = {}
    for line in lines:
        module, _, libraries = line.partition(":")
        if module.strip() in table:
            raise ValueError(f"the table of third-party libraries names {module.strip()} twice")
        table[module.strip()] = frozenset(libraries.split())
    return table


def allowed_for(module: str, table: Mapping[str, frozenset[str]]) -> set[str]:
    """What a module may use: the lines of its own name and of every package around it."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return {library for name in names for library in table.get(name, ())}


def _lines(graph: ImportGraph, importer: str, imported: str) -> str:
    details: Any = graph.get_import_details(importer=importer, imported=imported)
    return ", ".join(str(detail["line_number"]) for detail in details)
