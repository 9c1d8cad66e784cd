"""The API described: what each operation takes and answers, for /openapi.json and /docs."""
