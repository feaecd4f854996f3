"""What is odd about rows and answers though nothing failed: a category never seen, a number out of range, a guess.

Nothing here is on the way of a request: a thread looks at what was answered, as much of it as there is time for.

==============  =================================================================================
``detecting``   what is odd about rows
``examining``   an observer of finished calls that looks at them later, counts and tells
``recent``      the last events, of all processes of a server
``telling``     what ``GET /v2/models/{m}/events`` answers
==============  =================================================================================
"""
