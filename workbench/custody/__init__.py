"""Custody: the log's chain, keys and signatures, durable writes, and the independent verifier."""
