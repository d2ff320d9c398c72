"""The pages and sheets of the app. Each is a class here and its look in the ``.kv`` of the same name."""
