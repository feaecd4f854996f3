"""The console's pages: rendered on the server, with a small script for what moves.

A *room* is a list of pages about one subject. A page is a function of a *visit* (the request, and the desk of
whoever asks); it gets what it shows from the operations in ``mainspring.app.api``, and changes nothing: forms are
sent to operations (``forms``).

================ =================================================================
module           what is in it
================ =================================================================
``server``       the application, and a server for it
``rooms``        the pages, a module or package a room, and the order of the menu
``room``         a room: its pages, and its place in the menu
``visit``        what a page is given
``rendering``    templates, and the words in them: times, numbers, states, addresses
``forms``        sends forms to operations
``guarding``     hosts, origins, headers, who somebody is
``seals``        what forms are signed with
``static_files`` styles and scripts
``embedding``    whole pages of other rooms, shown within a page
================ =================================================================
"""
