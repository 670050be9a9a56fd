"""An assistant's way to the articles, by the Model Context Protocol: the only place that imports its library.

- ``tools``: what an assistant can call, and what it is told.
- ``serving``: a server on standard input and output.
"""
