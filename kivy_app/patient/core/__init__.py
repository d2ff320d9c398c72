"""Store, queue, sync, rules, reminders, words. Imports no Kivy, so that it runs headless, in a service, and
in tests."""
