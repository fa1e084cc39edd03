"""Pure rules: purposes, roles, what stands signed, and the gate. No disk, no network, no clock."""
