"""Try a class on a hub of one's own: ``make class-test STUDENTS=20``.

From the bottom up: ``limits`` (how many, how long), ``cells`` (what a kernel says), ``kernel`` (its websocket), ``web``
(the hub and a student's server over HTTP), ``machine`` (accounts, processes, the hub's own process), ``memory``,
``notebook`` (what is run and saved), ``accidents`` (what is killed), ``lesson`` (one student from log-in to the end),
``report``. Nothing here is needed to teach, and nothing of it is installed.
"""
