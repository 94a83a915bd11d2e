"""What drivers may share, and nothing else."""
