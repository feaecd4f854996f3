"""Users: accounts, their roles and passwords, and the tokens of programs.

=========== ==========================================================
module      what is in it
=========== ==========================================================
``people``  accounts: who there is, made, changed, removed; admins only
``own``     what everybody may do about themselves
``tokens``  tokens of programs: made, listed, taken back
=========== ==========================================================
"""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.users import own, people, tokens

SUBJECT = Subject(
    name="users",
    operations=operations_in(
        people.listed,
        people.add,
        people.set_role,
        people.set_password,
        people.disable,
        people.enable,
        people.sign_out,
        people.remove,
        own.me,
        own.change_password,
        own.end_session,
        tokens.listed,
        tokens.new,
        tokens.revoke,
    ),
)

__all__ = ["SUBJECT", "own", "people", "tokens"]
