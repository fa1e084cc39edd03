"""The commands: thin, one file per noun. What they do is in the layers below."""
