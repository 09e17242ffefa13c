"""The agent without a model: it carries out the mechanical parts of an implementation plan, and nothing else.

It runs as an agent does, inside the attempt's sandbox, and reports through the attempt's tools as any other agent.
`docs/first-job.md` says what a plan may hold; `plan.py` reads it.
"""
