"""From files of every shape to documents: read, clean, understand the structure, report.

Reading: `files`, then by format `pdf`, `office`, `html`, `markdown` and `rows` (with `national`), all of them on top of
`encodings` and `common`. Understanding: `understanding`, with `hygiene`, `news`, `law`, `metadata`. `near_duplicates`
compares whole documents. Between the two stands `extract.Extract`; what a person should know goes into `report`.
"""
