"""The Das Tern project: settings, cross-domain infrastructure and the developer's services."""
