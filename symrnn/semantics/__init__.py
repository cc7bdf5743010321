"""What claims mean: exact numbers and values, the derivative of a step map, normal forms. Trusted by the kernel."""
