"""Third-party data of real people and services, through all of the program."""
