"""Stories: the whole house on the simulated network, on a clock that moves only when told."""
