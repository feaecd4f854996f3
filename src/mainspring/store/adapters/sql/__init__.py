"""The record and the queue in a relational database: one set of statements, and a small dialect for each."""
