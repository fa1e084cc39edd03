"""The sample network: an invented town, the server that shows it, and an invented X archive.

Everything here is fiction and says so: in the server's name, in every account's note, in every
picture. Nothing in it refers to a real person, place or organisation.
"""
