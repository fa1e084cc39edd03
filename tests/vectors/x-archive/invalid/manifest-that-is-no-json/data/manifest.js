window.__THAR_CONFIG = { oops
