"""Where everything that must survive is kept: SQLite, through sqlite-utils, one connection on one thread.

`sqlite` owns the connection and the transactions, `migrations` the tables, and each other file the rows of one noun. A
`Commit` says all that one event changes; it is written in one transaction or not at all.
"""
