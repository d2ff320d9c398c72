"""The business domains, one package each."""
