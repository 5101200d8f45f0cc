"""The HTTP side of rule files as an OpenAPI 3.1 document, made as plain data.

apispec (design.md section 8a) derives schemas from marshmallow classes, which know less than our own JSON
Schema does (conditions, blanks, variants) and take 50 ms to import. All that is left is to put maps together.
"""

from rulewright.export.http.document import openapi

__all__ = ["openapi"]
