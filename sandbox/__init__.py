"""The outside world on one machine: a mail world and stand-in vendors, reachable over sockets like the real thing.

``python -m sandbox --help`` starts it; ``sandbox.client.Sandbox`` starts it from a test, a benchmark or the demo.
It imports nothing of the product, so that it cannot share the product's mistakes.
"""
