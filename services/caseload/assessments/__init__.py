"""Assessments: what services the client needs, judged alone or jointly by both sectors."""
