"""The record and the queue in a relational database: one set of hand-written statements, one small dialect each."""
