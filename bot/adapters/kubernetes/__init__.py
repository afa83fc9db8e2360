"""What the target kind `kubernetes` is made of: access to a cluster, its API, settings, managers, rollouts."""
