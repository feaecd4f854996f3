"""The control plane: what people and programs can ask of a project, with whoever may.

An *operation* is a plain function over a *desk* (the project, and who asks). It is declared once, and has three
doors: REST with OpenAPI (``door``), the forms of the console's pages (``mainspring.app.web.forms``), and Python.
Every change is checked against the caller's role, and written into the audit trail, in one place
(``performing``). A room of the console is a *subject*: operations, what can be listened to, what a search finds,
what waits for a person.

=================== ================================================================
module              what is in it
=================== ================================================================
``operation``       operations, and the decorator that makes one
``performing``      roles, the audit trail
``binding``         arguments, and what is wrong with them
``subject``         what a room of the console brings along
``subjects``        all of them, a module or a package each
``desk``, ``shared`` what operations work with
``door``            REST
``openapi``         its document
``feed``            live updates as server-sent events
``jobs``            long work in processes of its own
``memo``            what was made before is not made again
=================== ================================================================
"""
