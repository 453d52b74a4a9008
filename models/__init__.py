"""What the records are, how they are checked, and the one place that writes them."""
