what is this?
