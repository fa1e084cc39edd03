"""What leaves the department: the court package and what it is made of. Imports the workspace's layer and below."""
