"""Mail, without medicine or diagnosis."""
