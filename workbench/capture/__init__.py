"""The way out to the network: the recorder, its WARC records, reading them again, and replay."""
