"""What scripts/report measures, computes and draws."""
