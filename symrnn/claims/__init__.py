"""The language of claims: an immutable tree, its shapes, recurrences and activations as data."""
