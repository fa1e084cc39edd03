"""Tables: the schema, parts built from exhibits, reading as frames. All of it can be rebuilt."""
