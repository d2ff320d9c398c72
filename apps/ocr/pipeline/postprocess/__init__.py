"""The fourth room: readings become values, by rules and word lists; what the paper does not say stays empty."""
