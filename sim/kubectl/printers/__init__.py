"""How kubectl writes objects: tables, YAML, JSON, JSONPath, custom columns, names, templates.

Pure functions from objects to text; nothing here asks a server.
"""
