"""The server: a page to ask on, and a JSON interface, over the engine that the other faces use.

The only place that imports Starlette and uvicorn, which the extra ``serve`` brings.
"""
