"""Run by developers, never on a phone: catalogues, fonts, checks."""
